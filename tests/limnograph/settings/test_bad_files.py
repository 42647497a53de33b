"""Every kind of mistake, and the exact line that a user reads about it."""

from pathlib import Path

import pytest

from limnograph.settings import check, load
from monitors import freshness, ingestion
from monitors.errors import ConfigError

KNOWN = {"ingestion": ingestion.MONITOR, "freshness": freshness.MONITOR}
TABLES = "tables:\n  - {name: a, uri: ./a}\n"
VALID_TABLE_FIELDS = (
    "owner, tags, time_zone, schedule, storage_options, monitors, "
    "checks, name, uri, glob, description"
)


def table(fields: str) -> str:
    return f"tables:\n  - {{name: a, uri: ./a, {fields}}}\n"


SHAPE = {
    "empty file": (
        "",
        "c.yaml:1:1: tables: is missing; list the tables, each with name and uri, or with glob",
    ),
    "a list": ("- a\n", "c.yaml:1:1: expected a mapping, got a list; write name: value below it"),
    "no mapping, and not repeated": (
        "aws_secret_access_key=hunter2\n",
        "c.yaml:1:1: expected a mapping, got text; write name: value below it",
    ),
    "unknown part": (
        "tables: []\nmetric: {}\n",
        "c.yaml:2:1: metric: unknown field; did you mean 'metrics'?",
    ),
    "unknown part like no other": (
        "tables: []\nzzz: {}\n",
        "c.yaml:2:1: zzz: unknown field; valid here: store, http, run, metrics, alerts, "
        "defaults, tables",
    ),
    "part of the wrong kind": (
        f"http: 9899\n{TABLES}",
        "c.yaml:1:1: http: expected a mapping, got a number; write name: value below it",
    ),
    "tables no list": (
        "tables: {name: a}\n",
        "c.yaml:1:1: tables: expected a list, got a mapping; begin each table with '- '",
    ),
    "empty table": (
        "tables:\n  -\n",
        "c.yaml:2:4: tables[0]: is empty; write name and uri, or glob",
    ),
    "table of the wrong kind": (
        "tables: [a]\n",
        "c.yaml:1:10: tables[0]: expected a mapping, got text; write name: value below it",
    ),
}

SYNTAX = {
    "indentation": (
        "tables:\n- name: a\n  uri: ./a\n owner: b\n",
        "c.yaml:4:2: not YAML: did not find expected key; check the indentation, quotes and "
        "brackets here and above",
    ),
    "colon inside text": (
        "store: a: b\n",
        "c.yaml:1:9: not YAML: mapping values are not allowed in this context; check the "
        "indentation, and put text that holds ': ' in quotes",
    ),
    "tab": (
        "run:\n\ttimeout: 60s\n",
        "c.yaml:2:1: not YAML: found character that cannot start any token; indent with spaces, "
        "not tabs, and put text that starts with @, % or ` in quotes",
    ),
    "star without quotes": (
        "tables:\n  - {glob: */posts}\n",
        "c.yaml:2:13: not YAML: did not find expected alphabetic or numeric character; put text "
        "that starts with * or & in quotes",
    ),
    "unknown anchor, not repeated": (
        "tables: *hunter2\n",
        "c.yaml:1:9: tables: refers to an anchor that is not defined above; put text that starts "
        "with * in quotes",
    ),
    "anchor inside itself": (
        "tables: &a [*a]\n",
        "c.yaml:1:13: tables[0]: refers to itself; write the values out",
    ),
    "merge of no mapping": (
        table("<<: 5"),
        "c.yaml:2:25: tables[0].<<: expected an alias of a mapping, such as <<: *name",
    ),
    "tag, not repeated": (
        table("owner: !hunter2 x"),
        "c.yaml:2:32: tables[0].owner: YAML tags are not supported; put text that starts with ! "
        "in quotes",
    ),
    "python tag": (
        table("owner: !!python/object/apply:os.system [ls]"),
        "c.yaml:2:32: tables[0].owner: YAML tags are not supported; put text that starts with ! "
        "in quotes",
    ),
    "duplicate key": (
        table("owner: b, owner: c"),
        "c.yaml:2:35: tables[0].owner: is there twice, first in line 2; keep one of them",
    ),
    "duplicate part": (
        f"{TABLES}{TABLES}",
        "c.yaml:3:1: tables: is there twice, first in line 1; keep one of them",
    ),
    "key that is a list": (
        "? [a]\n: b\ntables: []\n",
        "c.yaml:1:3: a key that is not text; write 'name: value'",
    ),
    "key that holds a control character": (
        '"a\\0b": 1\ntables: []\n',
        "c.yaml:1:1: a key that is not text; write 'name: value'",
    ),
    "second document": (
        "tables: []\n---\ntables: []\n",
        "c.yaml:2:1: a second document; keep one document, without '---' inside",
    ),
    "depth": ("[" * 1000, "c.yaml:1:33: nested too deeply; check the brackets"),
    "control character": (
        "tables: []\nowner: \x07\n",
        "c.yaml:2:8: a control character; remove it",
    ),
    "escaped control character": (
        table('owner: "a\\0b"'),
        "c.yaml:2:32: tables[0].owner: holds a control character; remove it",
    ),
}

TABLE = {
    "unknown field": (
        "tables:\n  - name: a\n    uri: ./a\n    onwer: me\n",
        "c.yaml:4:5: tables[0].onwer: unknown field; did you mean 'owner'?",
    ),
    "unknown field like no other": (
        table("zzz: 1"),
        f"c.yaml:2:25: tables[0].zzz: unknown field; valid here: {VALID_TABLE_FIELDS}",
    ),
    "unknown empty field": (
        table("onwer: "),
        "c.yaml:2:25: tables[0].onwer: unknown field; did you mean 'owner'?",
    ),
    "no name": (
        "tables:\n  - {uri: ./a}\n",
        "c.yaml:2:5: tables[0].name: is missing; add it, or write glob for many",
    ),
    "no uri": (
        "tables:\n  - {name: a}\n",
        "c.yaml:2:5: tables[0].uri: is missing; add it, or write glob for many",
    ),
    "uri and glob": (
        "tables:\n  - {uri: ./a, glob: ./b/*}\n",
        "c.yaml:2:6: tables[0].uri: a table has uri or glob, not both; remove one of them",
    ),
    "name and glob": (
        "tables:\n  - {name: a, glob: ./b/*}\n",
        "c.yaml:2:6: tables[0].name: a glob names its tables by their folders; remove the name",
    ),
    "empty name": (
        "tables:\n  - {name: '', uri: ./a}\n",
        "c.yaml:2:6: tables[0].name: is empty; write a value or leave the field out",
    ),
    "name with an empty part": (
        "tables:\n  - {name: a..b, uri: ./a}\n",
        "c.yaml:2:6: tables[0].name: 'a..b' is not a table's name; write for example "
        "main.bronze.posts",
    ),
    "name taken": (
        "tables:\n  - {name: a, uri: ./a}\n  - name: a\n    uri: ./b\n",
        "c.yaml:3:5: tables[1].name: 'a' is also the name of tables[0] in line 2; rename one of "
        "them",
    ),
    "number for text": (
        table("owner: 5"),
        "c.yaml:2:25: tables[0].owner: expected text, got the number 5; put it in quotes",
    ),
    "text for a list": (
        table("tags: bronze"),
        "c.yaml:2:25: tables[0].tags: expected a list, got 'bronze'; write it in brackets, [a, b]",
    ),
    "number in a list": (
        table("tags: [a, 2024]"),
        "c.yaml:2:35: tables[0].tags[1]: expected text, got the number 2024; put it in quotes",
    ),
    "unknown time zone": (
        table("time_zone: Europe/Berln"),
        "c.yaml:2:25: tables[0].time_zone: 'Europe/Berln' is no time zone; did you mean "
        "'Europe/Berlin'?",
    ),
    "time zone in another case": (
        table("time_zone: utc"),
        "c.yaml:2:25: tables[0].time_zone: 'utc' is no time zone; did you mean 'UTC'?",
    ),
    "time zone like no other": (
        table("time_zone: ../../etc/passwd"),
        "c.yaml:2:25: tables[0].time_zone: '../../etc/passwd' is no time zone; write a name of "
        "the IANA database, such as Europe/Berlin",
    ),
    "template": (
        table("owner: $OWNER"),
        "c.yaml:2:32: tables[0].owner: templates are not filled in; write the value itself, or "
        "for a secret the reference env:OWNER",
    ),
    "template with a default, not repeated": (
        table('schedule: "${EVERY:-hunter2}"'),
        "c.yaml:2:35: tables[0].schedule: templates are not filled in; write the value itself, or "
        "for a secret the reference env:EVERY",
    ),
}

SCHEDULE = {
    "no schedule": (
        table("schedule: soon"),
        "c.yaml:2:25: tables[0].schedule: 'soon' is neither a duration nor a line of cron; write "
        "for example 15m or '5 * * * *'",
    ),
    "number": (
        table("schedule: 15"),
        "c.yaml:2:25: tables[0].schedule: expected a duration such as 15m or a line of cron such "
        "as '5 * * * *', got the number 15",
    ),
    "no time at all": (
        table("schedule: 0s"),
        "c.yaml:2:25: tables[0].schedule: '0s' is out of range; write a duration from 1s to 366d",
    ),
    "four fields": (
        table("schedule: '5 * * *'"),
        "c.yaml:2:25: tables[0].schedule: '5 * * *' is not a line of cron: five fields are "
        "needed, got 4; write minute, hour, day, month, weekday, for example '0 6 * * 1-5'",
    ),
    "minute out of range": (
        table("schedule: '61 * * * *'"),
        "c.yaml:2:25: tables[0].schedule: '61 * * * *' is not a line of cron: error validating "
        "expression '61': the last value (61) is higher than the maximum value (59); write "
        "minute, hour, day, month, weekday, for example '0 6 * * 1-5'",
    ),
    "unknown weekday": (
        table("schedule: '0 8 * * xyz'"),
        "c.yaml:2:25: tables[0].schedule: '0 8 * * xyz' is not a line of cron: 'xyz' is not a "
        "weekday; write minute, hour, day, month, weekday, for example '0 6 * * 1-5'",
    ),
    "weekdays backwards": (
        table("schedule: '0 8 * * fri-mon'"),
        "c.yaml:2:25: tables[0].schedule: '0 8 * * fri-mon' is not a line of cron: 'fri-mon' ends "
        "before it begins; write minute, hour, day, month, weekday, for example '0 6 * * 1-5'",
    ),
    "weekday of more than a name": (
        table("schedule: '0 8 * * monday'"),
        "c.yaml:2:25: tables[0].schedule: '0 8 * * monday' is not a line of cron: 'monday' is not "
        "a weekday; write minute, hour, day, month, weekday, for example '0 6 * * 1-5'",
    ),
    "two kinds of day": (
        table("schedule: '0 8 1 * 1'"),
        "c.yaml:2:25: tables[0].schedule: '0 8 1 * 1' is not a line of cron: day of month and day "
        "of week are both set, leave one of them *; write minute, hour, day, month, weekday, for "
        "example '0 6 * * 1-5'",
    ),
    "a day that never comes": (
        table("schedule: '0 8 31 2 *'"),
        "c.yaml:2:25: tables[0].schedule: '0 8 31 2 *' is not a line of cron: that day never "
        "comes; write minute, hour, day, month, weekday, for example '0 6 * * 1-5'",
    ),
}

PLACES = {
    "unknown storage": (
        "tables:\n  - {name: a, uri: 'ftp://h/a'}\n",
        "c.yaml:2:15: tables[0].uri: 'ftp' is no storage that can be read; write a path, or a URI "
        "that begins with s3, s3a, s3n, az, azure, adl, abfs, abfss, wasb, wasbs, gs, gcs or file",
    ),
    "one slash": (
        "tables:\n  - {name: a, uri: 's3:/b/a'}\n",
        "c.yaml:2:15: tables[0].uri: not a URI; write two slashes, s3://",
    ),
    "no bucket": (
        "tables:\n  - {name: a, uri: 's3://'}\n",
        "c.yaml:2:15: tables[0].uri: names no bucket; write s3://BUCKET/PATH",
    ),
    "credentials in a uri, not repeated": (
        "tables:\n  - {name: a, uri: 's3://key:hunter2@b/a'}\n",
        "c.yaml:2:15: tables[0].uri: holds credentials or options; write them in storage_options",
    ),
    "signature in a uri, not repeated": (
        "tables:\n  - {name: a, uri: 'abfss://c@a.net/t?sig=hunter2'}\n",
        "c.yaml:2:15: tables[0].uri: holds credentials or options; write them in storage_options",
    ),
    "dots in an object store": (
        "tables:\n  - {name: a, uri: 's3://b/../c'}\n",
        "c.yaml:2:15: tables[0].uri: '.' and '..' mean nothing in an object store; write the "
        "whole path",
    ),
    "relative file uri": (
        "tables:\n  - {name: a, uri: 'file://a'}\n",
        "c.yaml:2:15: tables[0].uri: a file URI needs three slashes; write file:///PATH, or just "
        "the path",
    ),
    "empty uri": (
        "tables:\n  - {name: a, uri: ''}\n",
        "c.yaml:2:15: tables[0].uri: is empty; write the path or URI of the table's folder",
    ),
    "glob without a wildcard": (
        "tables:\n  - {glob: ./lake/posts}\n",
        "c.yaml:2:6: tables[0].glob: has no wildcard; write uri, with a name, for a single table",
    ),
    "glob of buckets": (
        "tables:\n  - {glob: 's3://*/posts'}\n",
        "c.yaml:2:6: tables[0].glob: the bucket cannot be a pattern; write one glob per bucket",
    ),
    "stars inside a name": (
        "tables:\n  - {glob: ./lake/a**/b}\n",
        "c.yaml:2:6: tables[0].glob: a part that cannot be matched; write ** alone between "
        "slashes, and no '..' after a wildcard",
    ),
}

MONITORS = {
    "unknown monitor": (
        table("monitors: {freshnes: {}}"),
        "c.yaml:2:36: tables[0].monitors.freshnes: unknown monitor; did you mean 'freshness'?",
    ),
    "unknown monitor like no other": (
        table("monitors: {zzz: {}}"),
        "c.yaml:2:36: tables[0].monitors.zzz: unknown monitor; known here: ingestion, freshness",
    ),
    "neither fields nor switch": (
        table("monitors: {ingestion: 5}"),
        "c.yaml:2:36: tables[0].monitors.ingestion: expected the monitor's fields, true or false, "
        "got the number 5",
    ),
    "list of monitors": (
        table("monitors: [ingestion]"),
        "c.yaml:2:25: tables[0].monitors: expected a mapping, got a list; write name: value below "
        "it",
    ),
    "field of a monitor without fields": (
        table("monitors: {ingestion: {every: 1h}}"),
        "c.yaml:2:48: tables[0].monitors.ingestion.every: unknown field; remove it",
    ),
    "field of a monitor": (
        table("monitors: {freshness: {event_tme: created_at}}"),
        "c.yaml:2:48: tables[0].monitors.freshness.event_tme: unknown field; did you mean "
        "'event_time'?",
    ),
    "wrong value of a monitor's field": (
        table("monitors: {freshness: {scan: maybe}}"),
        "c.yaml:2:48: tables[0].monitors.freshness.scan: expected true or false, got 'maybe'",
    ),
    "wrong value in the defaults, told once": (
        "defaults: {monitors: {freshness: {scan: 7}}}\ntables:\n  - {name: a, uri: ./a}\n"
        "  - {name: b, uri: ./b, monitors: {freshness: {event_time: at}}}\n",
        "c.yaml:1:35: defaults.monitors.freshness.scan: expected true or false, got the number 7",
    ),
    "defaults with what only a table has": (
        f"defaults: {{name: x}}\n{TABLES}",
        "c.yaml:1:12: defaults.name: unknown field; valid here: owner, tags, time_zone, schedule, "
        "storage_options, monitors, checks",
    ),
}

OPTIONS = {
    "literal secret, not repeated": (
        table("storage_options: {aws_secret_access_key: hunter2}"),
        "c.yaml:2:43: tables[0].storage_options.aws_secret_access_key: a secret must be a "
        "reference, not the value itself; write env:AWS_SECRET_ACCESS_KEY or file:PATH, and keep "
        "the value there",
    ),
    "secret of digits, not repeated": (
        f"defaults: {{storage_options: {{account-key: 123456}}}}\n{TABLES}",
        "c.yaml:1:30: defaults.storage_options.account-key: a secret must be a reference, not the "
        "value itself; write env:ACCOUNT_KEY or file:PATH, and keep the value there",
    ),
    "template of a secret": (
        table("storage_options: {aws_secret_access_key: '${AWS_KEY}'}"),
        "c.yaml:2:66: tables[0].storage_options.aws_secret_access_key: templates are not filled "
        "in; write the value itself, or for a secret the reference env:AWS_KEY",
    ),
    "password in an endpoint, not repeated": (
        table("storage_options: {aws_endpoint_url: 'http://me:hunter2@h'}"),
        "c.yaml:2:43: tables[0].storage_options.aws_endpoint_url: holds a password in clear text; "
        "write env:NAME or file:PATH",
    ),
    "no space after the colon, value not repeated": (
        table("storage_options: {aws_secret_access_key:hunter2}"),
        "c.yaml:2:43: tables[0].storage_options.aws_secret_access_key…: not an option's name; "
        "write 'name: value', a space after the colon",
    ),
    "text for the options, not repeated": (
        table("storage_options: hunter2"),
        "c.yaml:2:25: tables[0].storage_options: expected a mapping, got text; write name: value "
        "below it",
    ),
    "list for an option": (
        table("storage_options: {region: [hunter2]}"),
        "c.yaml:2:43: tables[0].storage_options.region: expected text, got a list; write one "
        "option per line",
    ),
    "reference to nothing": (
        table("storage_options: {region: 'env:'}"),
        "c.yaml:2:43: tables[0].storage_options.region: the reference names no variable; write "
        "env: and the variable's name",
    ),
    "reference to no file": (
        table("storage_options: {region: 'file:'}"),
        "c.yaml:2:43: tables[0].storage_options.region: the reference names no file; write file: "
        "and the file's path",
    ),
    "one option in two cases": (
        table("storage_options: {aws_region: a, AWS_REGION: b}"),
        "c.yaml:2:58: tables[0].storage_options.AWS_REGION: is there twice, also as aws_region; "
        "keep one of them",
    ),
    "misspelt option": (
        table("storage_options: {aws_regoin: a}"),
        "c.yaml:2:43: tables[0].storage_options.aws_regoin: unknown option 'aws_regoin'; did you "
        "mean 'aws_region'?",
    ),
    "option of another store": (
        "tables:\n  - {name: a, uri: 's3://b/a', storage_options: {azure_client_id: x}}\n",
        "c.yaml:2:50: tables[0].storage_options.azure_client_id: is an option of Azure, and this "
        "is S3; remove it",
    ),
    "flag that is none": (
        table("storage_options: {aws_skip_signature: maybe}"),
        "c.yaml:2:43: tables[0].storage_options.aws_skip_signature: expected true or false",
    ),
    "certificate by its path": (
        table("storage_options: {root_certificate: /etc/ca.pem}"),
        "c.yaml:2:43: tables[0].storage_options.root_certificate: expected the text of a PEM "
        "certificate; write file:PATH, and its path",
    ),
}

SERVICE = {
    "password in the store's url, not repeated": (
        f"store: postgresql+psycopg://me:hunter2@h/db\n{TABLES}",
        "c.yaml:1:1: store: holds a password in clear text; write {url: env:LIMNOGRAPH_STORE} and "
        "set the variable to the URL",
    ),
    "password among the store's options, not repeated": (
        f"store: postgresql://h/db?password=hunter2\n{TABLES}",
        "c.yaml:1:1: store: holds a password in clear text; write {url: env:LIMNOGRAPH_STORE} and "
        "set the variable to the URL",
    ),
    "unknown store": (
        f"store: mysql://h/db\n{TABLES}",
        "c.yaml:1:1: store: unknown kind of store; write sqlite:///PATH or "
        "postgresql+psycopg://USER@HOST/DATABASE",
    ),
    "store that is no url": (
        f"store: limnograph.db\n{TABLES}",
        "c.yaml:1:1: store: not a URL; write for example sqlite:///limnograph.db",
    ),
    "store in memory": (
        f"store: 'sqlite://'\n{TABLES}",
        "c.yaml:1:1: store: names no file, and a store in memory forgets; write "
        "sqlite:///limnograph.db",
    ),
    "store of the wrong kind": (
        f"store: [hunter2]\n{TABLES}",
        "c.yaml:1:1: store: expected a URL such as sqlite:///limnograph.db, got a list",
    ),
    "unknown field of the store": (
        f"store: {{urll: env:STORE}}\n{TABLES}",
        "c.yaml:1:9: store.urll: unknown field; did you mean 'url'?",
    ),
    "retention that is no mapping": (
        f"store: {{retention: 14d}}\n{TABLES}",
        "c.yaml:1:9: store.retention: expected a mapping, got text; write name: value below it",
    ),
    "unknown field of the retention": (
        f"store: {{retention: {{hourley: 90d}}}}\n{TABLES}",
        "c.yaml:1:21: store.retention.hourley: unknown field; did you mean 'hourly'?",
    ),
    "age of another unit": (
        f"store: {{retention: {{points: 6h}}}}\n{TABLES}",
        "c.yaml:1:21: store.retention.points: '6h' is not an age; write for example 14d, 8w or 2y",
    ),
    "age out of range": (
        f"store: {{retention: {{facts: 101y}}}}\n{TABLES}",
        "c.yaml:1:21: store.retention.facts: '101y' is out of range; write an age from 1d to 100y",
    ),
    "age without a unit": (
        f"store: {{retention: {{facts: 14}}}}\n{TABLES}",
        "c.yaml:1:21: store.retention.facts: expected an age such as 14d, 8w or 2y, got the "
        "number 14",
    ),
    "hours that end before points do": (
        f"store: {{retention: {{hourly: 7d}}}}\n{TABLES}",
        "c.yaml:1:21: store.retention.hourly: hourly (7d) is shorter than points (14d); keep "
        "hourly as long at least",
    ),
    "points of a metric that outlast its hours": (
        f"store: {{metrics: {{lakehouse_table_rows: {{points: 100d}}}}}}\n{TABLES}",
        "c.yaml:1:42: store.metrics.lakehouse_table_rows.points: hourly (90d) is shorter than "
        "points (100d); keep hourly as long at least",
    ),
    "unknown metric to keep": (
        f"store: {{metrics: {{lakehouse_table_row: {{points: 7d}}}}}}\n{TABLES}",
        "c.yaml:1:19: store.metrics.lakehouse_table_row: unknown metric; did you mean "
        "'lakehouse_table_rows'?",
    ),
    "counter to keep": (
        f"store: {{metrics: {{lakehouse_table_commits_total: {{points: 7d}}}}}}\n{TABLES}",
        "c.yaml:1:19: store.metrics.lakehouse_table_commits_total: is a counter, of which only the "
        "total is kept; remove it",
    ),
    "port out of range": (
        f"http: {{port: 99999}}\n{TABLES}",
        "c.yaml:1:8: http.port: must be at most 65535, got the number 99999",
    ),
    "port no number": (
        f"http: {{port: web}}\n{TABLES}",
        "c.yaml:1:8: http.port: expected a whole number, got 'web'",
    ),
    "port true": (
        f"http: {{port: true}}\n{TABLES}",
        "c.yaml:1:8: http.port: expected a whole number, got true",
    ),
    "no readers": (
        f"run: {{concurrency: 0}}\n{TABLES}",
        "c.yaml:1:7: run.concurrency: must be at least 1, got the number 0",
    ),
    "duration without a unit": (
        f"run: {{timeout: 60}}\n{TABLES}",
        "c.yaml:1:7: run.timeout: expected a duration such as 90s, 15m or 1h, got the number 60",
    ),
    "duration of another unit": (
        f"run: {{timeout: 1week}}\n{TABLES}",
        "c.yaml:1:7: run.timeout: '1week' is not a duration; write for example 90s, 15m, 1h or 1d",
    ),
    "switch that is none": (
        f"run: {{log_only: maybe}}\n{TABLES}",
        "c.yaml:1:7: run.log_only: expected true or false, got 'maybe'",
    ),
    "unknown family": (
        f"metrics: {{families: [lakehouse_table_commit_total]}}\n{TABLES}",
        "c.yaml:1:22: metrics.families[0]: 'lakehouse_table_commit_total' is no opt-in family; "
        "did you mean 'lakehouse_table_commits_total'?",
    ),
    "family that is not opt-in": (
        f"metrics: {{families: [lakehouse_table_rows]}}\n{TABLES}",
        "c.yaml:1:22: metrics.families[0]: lakehouse_table_rows is always shown; remove it, the "
        "list is of opt-in families",
    ),
}

BAD = {**SHAPE, **SYNTAX, **TABLE, **SCHEDULE, **PLACES, **MONITORS, **OPTIONS, **SERVICE}


def test_no_case_hides_another() -> None:
    parts = (SHAPE, SYNTAX, TABLE, SCHEDULE, PLACES, MONITORS, OPTIONS, SERVICE)
    assert len(BAD) == sum(len(part) for part in parts)


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_a_mistake_is_told_with_its_place_and_the_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("c.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(Path("c.yaml"), KNOWN)
    assert str(caught.value) == message


def test_all_mistakes_are_told_at_once_in_the_order_of_the_lines(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(
        "run:\n"
        "  concurency: 5\n"
        "  timeout: soon\n"
        "defaults:\n"
        "  time_zone: Mars/Olympus\n"
        "tables:\n"
        "  - name: a\n"
        "    owner: 5\n"
        "  - {name: a, uri: 'nfs://x', monitors: {freshness: {scan: 3}}}\n"
        "  - {glob: ./lake, schedule: x y}\n"
    )
    problems = check(file)
    assert [(p.line, p.column, p.field) for p in problems] == [
        (2, 3, "run.concurency"),
        (3, 3, "run.timeout"),
        (5, 3, "defaults.time_zone"),
        (7, 5, "tables[0].uri"),
        (8, 5, "tables[0].owner"),
        (9, 6, "tables[1].name"),
        (9, 15, "tables[1].uri"),
        (9, 54, "tables[1].monitors.freshness.scan"),
        (10, 6, "tables[2].glob"),
        (10, 20, "tables[2].schedule"),
    ]
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert str(caught.value) == "\n".join(str(problem) for problem in problems)


def test_a_file_that_is_not_there_says_how_to_name_another(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    assert [str(problem) for problem in check(file)] == [
        f"{file}: does not exist; name the configuration with -c FILE; an example ships as "
        "limnograph.example.yaml"
    ]


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Is a directory"):
        load(tmp_path)


def test_other_encodings_are_told_with_the_place_of_the_first_odd_byte(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_bytes("tables: []\nowner: Käthe\n".encode("latin-1"))
    assert [str(problem) for problem in check(file)] == [
        f"{file}:2:9: not UTF-8 text; save the file as UTF-8"
    ]
