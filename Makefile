# A machine needs Python 3.11 to 3.13 and make; for `make test` also Java 17, the referee's home.
# `make help` lists what there is.

PYTHON ?= python3
DEMO ?= demo-lakehouse
BIN := .venv/bin
# The package of this checkout and its pins; build tools are pinned too.
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode \
	--constraints constraints.txt --build-constraints constraints.txt
# Tests start many processes, each of which would compile its modules anew.
export PYTHONDONTWRITEBYTECODE :=
# These two serve the others.
BENCHMARKS := $(filter-out __init__ loopback_s3 raw_reads,$(basename $(notdir $(wildcard benchmarks/*.py))))
# Two cores work; those tests that kill, serve or start a JVM stay together by files.
BOTH := --numprocesses=2 --dist=worksteal
FILES := --numprocesses=2 --dist=loadfile
QUICK := not spark and not slow and not proof

.PHONY: .venv spark check lint types unit test dashboards docs demo bench proof constraints clean help

help: ## say what there is
	@sed -n 's/^\([a-z.]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

.venv: .venv/stamp ## the package and the development tools, at the pins of constraints.txt

.venv/bin/uv:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt uv

.venv/stamp: pyproject.toml constraints.txt | .venv/bin/uv
	$(INSTALL) --editable ".[expectations,plot]" --group dev
	touch $@

spark: .venv/stamp-spark ## Spark with Delta as well (450 MB, only for the tests marked so)

.venv/stamp-spark: .venv/stamp
	$(INSTALL) --group spark
	touch $@

check: .venv ## lint, types and the quick tests, under a minute
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint types unit

lint: .venv
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv
	$(BIN)/mypy

unit: .venv
	$(BIN)/pytest --quiet $(BOTH) -m "$(QUICK) and not wide"

test: lint types spark ## everything but the proof, with coverage
	$(BIN)/pytest $(BOTH) -m "$(QUICK)" --ignore=tests/checks --cov --cov-report=
	$(BIN)/pytest $(BOTH) -m "not spark and not proof" tests/checks --cov --cov-append --cov-report=
	$(BIN)/pytest $(FILES) -m "(spark or slow) and not proof" --ignore=tests/checks --durations=15 \
		--cov --cov-append

dashboards: .venv ## the Grafana dashboards, made anew from exporters/grafana
	$(BIN)/python -m exporters.grafana

docs: .venv ## the documentation, its reference pages made anew, as a site in site/
	$(BIN)/python -m docs.generate
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

demo: .venv ## a small lakehouse with planted troubles, and the report that finds them
	$(BIN)/limnograph demo --dir $(DEMO)

bench: .venv ## the benchmarks, one after another
	@set -e; for name in $(BENCHMARKS); do echo "== $$name"; $(BIN)/python -m benchmarks.$$name; done

proof: spark ## long random runs by seed
	$(BIN)/pytest -m proof --durations=0

constraints: .venv ## choose the pins anew; any index may serve them, so none is named
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --group spark --universal \
		--python-version 3.11 --upgrade --quiet --no-header --no-annotate \
		--output-file constraints.txt

clean: ## remove what was built, and the demo
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks .coverage* dist build site \
		$(DEMO)
