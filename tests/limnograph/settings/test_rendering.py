from dataclasses import replace
from pathlib import Path

from limnograph.settings import load, show

TEXT = """
store: {url: env:STORE, retention: {facts: 730d}, metrics: {lakehouse_table_rows: {points: 4w}}}
http: {port: 0}
run: {timeout: 90s, log_only: true}
metrics: {families: [lakehouse_table_commits_total]}
defaults:
  owner: platform
  storage_options: {aws_region: eu, aws_secret_access_key: env:KEY, token: file:token}
tables:
  - {name: a.b.c, uri: ./c, description: "yes: no", tags: [on, '5'], schedule: 0 8 * * 1}
  - {glob: ./lake/**, time_zone: Europe/Berlin, monitors: {freshness: false}}
"""


def test_what_is_shown_loads_as_the_same_settings(tmp_path: Path) -> None:
    first, second = tmp_path / "c.yaml", tmp_path / "other" / "d.yaml"
    second.parent.mkdir()
    first.write_text(TEXT)
    settings = load(first)
    second.write_text(show(settings))
    assert replace(load(second), path=first) == settings


def test_it_is_the_whole_file_with_defaults_written_out(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(TEXT.replace("  - {glob", "  # {glob"))
    shown = show(load(file)).partition("monitors:")[0]
    assert (
        shown
        == f"""\
store:
  url: env:STORE
  retention:
    points: 14d
    hourly: 90d
    daily: 2y
    facts: 2y
    definitions: 400d
    events: 400d
    verdicts: 400d
    incidents: 400d
  metrics:
    lakehouse_table_rows:
      points: 28d
http:
  host: 127.0.0.1
  port: 0
run:
  concurrency: 32
  workers: 2
  timeout: 90s
  rows_timeout: 10m
  log_only: true
metrics:
  max_series: 200000
  families:
  - lakehouse_table_commits_total
alerts:
  channels: {{}}
  routes: []
tables:
- name: a.b.c
  uri: {tmp_path}/c
  owner: platform
  tags:
  - 'on'
  - '5'
  description: 'yes: no'
  time_zone: UTC
  schedule: 0 8 * * mon
  storage_options:
    aws_region: eu
    aws_secret_access_key: env:KEY
    token: file:{tmp_path}/token
  """
    )
