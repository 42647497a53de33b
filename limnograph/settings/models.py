"""Layer one: what each part of the file looks like. A form to fill out; every field has a default.

What has to agree with something else (names, stanzas of monitors, storage options) is layer two.
"""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from limnograph.settings import ages, durations, schedules
from limnograph.settings.locations import STORE
from limnograph.settings.scalars import described
from limnograph.settings.schedules import Every, Schedule
from limnograph.settings.time_zones import known_time_zone

_CRON_PATTERN = r"^\s*\S+(\s+\S+){4}\s*$"
_SCALARS = ["string", "number", "boolean", "null"]


def _duration(value: object) -> int:
    if not isinstance(value, str):
        raise PydanticCustomError("duration_type", "not a duration")
    return durations.seconds(value)


def _schedule(value: object) -> Schedule:
    if not isinstance(value, str):
        raise PydanticCustomError("schedule_type", "not a schedule")
    return schedules.parse(value)


def _age(value: object) -> timedelta:
    if not isinstance(value, str):
        raise PydanticCustomError("age_type", "not an age")
    return ages.age(value)


def _not_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "not a number")
    return value


def _table_name(value: str) -> str:
    if value != value.strip() or "\n" in value or not all(value.split(".")):
        raise ValueError(
            f"{described(value)} is not a table's name; write for example main.bronze.posts"
        )
    return value


Duration = Annotated[
    int,
    PlainValidator(_duration),
    PlainSerializer(durations.text),
    WithJsonSchema({"type": "string", "pattern": durations.PATTERN}),
]
ScheduleText = Annotated[
    Every | schedules.Cron,
    PlainValidator(_schedule),
    PlainSerializer(str),
    WithJsonSchema(
        {
            "type": "string",
            "anyOf": [{"pattern": durations.PATTERN}, {"pattern": _CRON_PATTERN}],
        }
    ),
]
Age = Annotated[
    timedelta,
    PlainValidator(_age),
    PlainSerializer(ages.text),
    WithJsonSchema({"type": "string", "pattern": ages.PATTERN}),
]
Count = Annotated[int, BeforeValidator(_not_boolean)]
Text = Annotated[str, Field(min_length=1)]
TimeZone = Annotated[str, AfterValidator(known_time_zone)]
TableName = Annotated[Text, AfterValidator(_table_name)]
Options = Annotated[
    dict[str, Any],
    WithJsonSchema({"type": "object", "additionalProperties": {"type": _SCALARS}}),
]


def _shown_default(text: str) -> dict[str, JsonValue]:
    """The default of a field as it is written in the file."""
    return {"default": text}


def _no_default(schema: dict[str, Any]) -> None:
    schema.pop("default")


class Form(BaseModel):
    """A part of the file; unknown fields are refused, and an empty one is not filled in."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _kept(days: int, description: str) -> Any:
    return Field(
        default=timedelta(days=days),
        description=description,
        json_schema_extra=_shown_default(ages.text(timedelta(days=days))),
    )


class Retention(Form):
    """How long readings are kept, each age counted from now."""

    points: Age = _kept(14, "Every change of a gauge; older ones become hours.")
    hourly: Age = _kept(90, "Gauges by the hour; older ones become days.")
    daily: Age = _kept(730, "Gauges and commits by the day.")
    facts: Age = _kept(400, "Single commits; sums over them by the hour stay as long at least.")
    definitions: Age = _kept(400, "How tables were defined; the newest older one stays.")
    events: Age = _kept(400, "Gaps, replaced tables and other events.")
    verdicts: Age = _kept(400, "Changes of verdicts; the newest stays.")
    incidents: Age = _kept(400, "Resolved incidents, and messages that were delivered.")


class MetricRetention(Form):
    """How long one gauge is kept where it differs from `retention`."""

    points: Age | None = Field(default=None, description="Every change; older ones become hours.")
    hourly: Age | None = Field(default=None, description="By the hour; older ones become days.")
    daily: Age | None = Field(default=None, description="By the day.")


class StoreForm(Form):
    """Where readings are kept, and how long."""

    url: str = Field(
        default=STORE,
        description="URL of the store without credentials, or a reference to it: env:NAME or "
        "file:PATH.",
    )
    retention: Retention = Field(
        default_factory=Retention, description="How long readings are kept."
    )
    metrics: dict[str, MetricRetention] = Field(
        default_factory=dict, description="Gauges that are kept longer or shorter, by their name."
    )


class Http(Form):
    """Where `limnograph serve` listens."""

    host: Text = Field(
        default="127.0.0.1", description="Address to listen on; 0.0.0.0 for every one."
    )
    port: Count = Field(
        default=9899, ge=0, le=65535, description="Port to listen on; 0 picks a free one."
    )


class Run(Form):
    """How tables are read."""

    concurrency: Count = Field(
        default=32, ge=1, le=1000, description="Tables read at the same time."
    )
    workers: Count = Field(default=2, ge=1, le=64, description="Processes for reads of data.")
    timeout: Duration = Field(
        default=60,
        description="Longest read of one table by one monitor.",
        json_schema_extra=_shown_default("60s"),
    )
    rows_timeout: Duration = Field(
        default=600,
        description="Longest look at the rows of one table by its checks.",
        json_schema_extra=_shown_default("10m"),
    )
    log_only: bool = Field(
        default=False, description="Never read data, only the Delta log; some counts stay unknown."
    )


class Metrics(Form):
    """What `/metrics` shows."""

    max_series: Count = Field(
        default=200_000,
        ge=1,
        description="Most series of a scrape; beyond it whole families are dropped.",
    )
    families: tuple[Text, ...] = Field(
        default=(), description="Opt-in families to show; `limnograph metrics` lists them."
    )


class Inherited(Form):
    """What a table has of its own, or from the defaults."""

    owner: str = Field(default="", description="Team or person who answers for the table.")
    tags: tuple[Text, ...] = Field(default=(), description="Words to group and filter tables by.")
    time_zone: TimeZone = Field(
        default="UTC", description="Time zone of the table's days and of cron."
    )
    schedule: ScheduleText = Field(
        default=schedules.DEFAULT,
        description="When to read: a duration (15m) or a line of cron ('5 * * * *').",
        json_schema_extra=_shown_default("15m"),
    )
    storage_options: Options = Field(
        default_factory=dict,
        description="Options of the object store; secrets as references (env:NAME, file:PATH). "
        "An empty option drops the one of the defaults.",
    )
    monitors: dict[str, Any] = Field(
        default_factory=dict, description="A stanza per monitor: its fields, true or false."
    )
    checks: Annotated[Any, WithJsonSchema({"type": "array", "items": {"type": "object"}})] = Field(
        default=(),
        description="What must hold: a list of forms, each with a type and the fields of that "
        "type. Those of the defaults hold as well, unless one has the same id.",
    )


class Defaults(Inherited):
    """What holds for every table that does not say otherwise."""


class Table(Inherited):
    """One table, by name and uri, or every table that a glob finds."""

    name: TableName = Field(
        default="",
        description="Name of the table, unique: catalog.schema.table.",
        json_schema_extra=_no_default,
    )
    uri: str = Field(
        default="",
        description="Folder of the table: a path, or a URI such as s3://b/posts.",
        json_schema_extra=_no_default,
    )
    glob: str = Field(
        default="",
        description="Folders of tables, with * for one level and ** for any; each table is named "
        "by its path below the fixed prefix, joined by dots.",
        json_schema_extra=_no_default,
    )
    description: str = Field(default="", description="What the table holds.")


class File(Form):
    """The configuration of limnograph."""

    store: Annotated[Any, WithJsonSchema({"type": "string"})] = Field(
        default=STORE,
        description="URL of the store without credentials, or its form: the URL or a reference to "
        "it, and how long what is kept.",
    )
    http: Http = Field(default_factory=Http, description="Where `limnograph serve` listens.")
    run: Run = Field(default_factory=Run, description="How tables are read.")
    metrics: Metrics = Field(default_factory=Metrics, description="What `/metrics` shows.")
    alerts: Annotated[Any, WithJsonSchema({"type": "object"})] = Field(
        default=None, description="Who is told of what does not pass: channels, and routes to them."
    )
    defaults: Defaults = Field(default_factory=Defaults, description="What holds for every table.")
    tables: tuple[Table, ...] = Field(description="The tables to monitor.")
