"""The reference page of expectations, from their catalogue."""

from pathlib import Path

from checks.expectations import catalogue
from checks.expectations.wording import ARGUMENTS, EXPLAINED, REFUSED
from exporters.markdown import cell, row

PAGE = "reference/expectations.md"
_MADE = "<!-- Made from the code by `make docs`; edit the code instead. -->\n"

_INTRODUCTION = """A check whose `type` is an expectation of
[Great Expectations](https://greatexpectations.io) 1.24 has its arguments beside the fields
that every check has:

```yaml
checks:
  - type: expect_column_values_to_be_between
    column: amount
    min_value: 0
    mostly: 0.99
    severity: critical
```

It needs `pip install 'limnograph[expectations]'`. Row-level expectations judge new rows only:
those that the commits since the last time inserted or updated, each as it was written.
`rows: all` judges the whole table.
"""
_SEMANTICS = """## How values are taken

- Whole numbers stay whole where some are null, and decimals are compared as they are written. A
  `NaN` is a missing value.
- Times in arguments are text, such as `2026-01-31` or `2026-01-31T06:00:00Z`; without a zone
  they are in UTC.
- The case of column names does not matter. A column that the table does not have, one of a type
  that the expectation cannot judge rightly, and whatever Great Expectations raises are an
  `error`, never a `fail`.
- Means, medians, sums and standard deviations are rounded to 12 digits before they are judged.
- Where no rows are left by `row_condition` or `ignore_row_if`, row-wise expectations pass.
- `row_condition` is text as `DataFrame.query` of pandas takes it, or a condition of Great
  Expectations as a mapping. One that cannot be told to SQL makes an aggregable expectation need
  all rows at once.
- `min_value` and `max_value` of an aggregable expectation may be
  `{$PARAMETER: learned_lower}` or `{$PARAMETER: learned_upper}`, bounds that are learned from
  what the check observed before; `mostly` may be `{$PARAMETER: learned_lower}`. Until they are
  known the check is not assessed.
- A type may be named as the table has it (`bigint`, `decimal(10,2)`, `array<string>`), as Spark
  does (`LongType`) or as pandas does (`int64`, `str`).
"""
_ARGUMENTS = """## Arguments

In the table of expectations those that must be given come first, the others are in brackets.
`row_condition`, `condition_parser` and `mostly` are not repeated there: an expectation has them
where it judges rows, `mostly` where it counts them.
"""
_COMMON = ("row_condition", "condition_parser", "mostly")


def page() -> str:
    """The page as it is committed."""
    lines = [_MADE, "# Expectations\n", _INTRODUCTION]
    lines += ["## How they are evaluated\n", _row("Class", "Meaning"), _row("---", "---")]
    lines += [_row(name, text) for name, text in EXPLAINED.items()]
    lines += ["", _SEMANTICS, "## All of them\n"]
    lines += [_row("Expectation", "Class", "What it expects", "Arguments"), _row(*["---"] * 4)]
    lines += [_line(name) for name in sorted((*catalogue.names(), *catalogue.refusals()))]
    lines += ["", _ARGUMENTS, _row("Argument", "Meaning"), _row("---", "---")]
    lines += [_row(f"`{name}`", text) for name, text in ARGUMENTS.items()]
    return "\n".join(lines) + "\n"


def _line(name: str) -> str:
    reason = catalogue.refused(name)
    if reason is not None:
        return _row(f"`{name}`", REFUSED, reason.removeprefix(f"{name} "), "")
    schema = catalogue.schema(name)
    own = [argument for argument in schema["properties"] if argument not in _COMMON]
    given = [f"`{argument}`" for argument in own if argument in schema["required"]]
    given += [f"[`{argument}`]" for argument in own if argument not in schema["required"]]
    summary = catalogue.summary(name)
    return _row(f"`{name}`", catalogue.evaluation(name), summary, ", ".join(given))


def _row(*cells: str) -> str:
    return row(*(cell(text) for text in cells))


if __name__ == "__main__":
    (Path(__file__).parent / PAGE).write_text(page(), encoding="utf-8")
