"""The form of a schema check: a contract of what a table has, and which changes are forbidden."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from checks.forms import CheckForm
from checks.schema.paths import Path, folded, parsed
from checks.schema.types import normal
from checks.wording import Length, near
from monitors.delta.evolution.change import ChangeKind
from monitors.delta.evolution.concealed import is_secret

BREAKING = (
    ChangeKind.COLUMN_DROPPED,
    ChangeKind.COLUMN_RENAMED,
    ChangeKind.TYPE_NARROWED,
    ChangeKind.TYPE_CHANGED,
)
"""What breaks those who read the table."""
_KINDS: Mapping[str, tuple[ChangeKind, ...]] = {
    "breaking": BREAKING,
    "any": tuple(ChangeKind),
    **{str(kind): (kind,) for kind in ChangeKind},
}


def _type(written: object) -> str:
    if isinstance(written, str):
        return normal(written)
    raise ValueError(f"expected the name of a type, got {written!r}; write for example long")


def _column(written: object) -> object:
    """A column of which only the type is given."""
    return {"type": written} if isinstance(written, str) else written


def _kinds(written: object) -> tuple[ChangeKind, ...]:
    names = written if isinstance(written, list | tuple) else [written]
    found: list[ChangeKind] = []
    for name in names:
        if not isinstance(name, str) or name not in _KINDS:
            raise ValueError(f"{name!r} is no kind of change; {near(str(name), _KINDS, most=20)}")
        found.extend(_KINDS[name])
    return tuple(dict.fromkeys(found))


def _value(written: object) -> object:
    """The value of a property, which is text in every table."""
    if isinstance(written, bool):
        return str(written).lower()
    return str(written) if isinstance(written, int | float) else written


def _paths(written: Mapping[str, object]) -> Mapping[str, object]:
    seen: dict[Path, str] = {}
    for text in written:
        path = folded(parsed(text))
        if path in seen:
            raise ValueError(f"{text!r} and {seen[path]!r} are the same column; leave one out")
        seen[path] = text
    return written


_KIND_SCHEMA: dict[str, Any] = {"enum": list(_KINDS)}
_KINDS_SCHEMA: dict[str, Any] = {
    "anyOf": [_KIND_SCHEMA, {"type": "array", "items": _KIND_SCHEMA}, {"type": "null"}]
}
_VALUE_SCHEMA: dict[str, Any] = {"type": ["string", "boolean", "number"]}
_TYPE_SCHEMA: dict[str, Any] = {"anyOf": [{"type": "string"}, {"type": "null"}]}


class ColumnForm(BaseModel):
    """What a column must be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Annotated[str | None, BeforeValidator(_type), WithJsonSchema(_TYPE_SCHEMA)] = Field(
        default=None,
        description="Its type, such as long, decimal(10,2) or array<string>; else any.",
    )
    nullable: bool | None = Field(
        default=None, description="Whether it may hold null by its definition; else either."
    )


class _ColumnSchema:
    """A column is written as its type, or as a mapping."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> Any:
        return {"anyOf": [{"type": "string"}, handler(core)]}


Kinds = Annotated[
    tuple[ChangeKind, ...] | None, BeforeValidator(_kinds), WithJsonSchema(_KINDS_SCHEMA)
]
Columns = Annotated[
    dict[str, Annotated[ColumnForm, BeforeValidator(_column), _ColumnSchema]],
    AfterValidator(_paths),
]
PropertyValue = Annotated[str, BeforeValidator(_value), WithJsonSchema(_VALUE_SCHEMA)]


class SchemaForm(CheckForm):
    """What the table must have, and how it must not change; without either, no breaking change."""

    columns: Columns = Field(
        default_factory=dict,
        description="Columns that must be there, each with its type, or with type and nullable. "
        "Fields of columns by their paths: address.city, items.element.price.",
    )
    extra: Literal["allow", "forbid"] = Field(
        default="allow",
        description="Whether there may be other columns, and other fields where fields are named.",
    )
    ordered: bool = Field(
        default=False, description="Whether the columns must stand in the order of this list."
    )
    partitioned_by: tuple[str, ...] | None = Field(
        default=None, description="Partition columns in their order; [] for none."
    )
    clustered_by: tuple[str, ...] | None = Field(
        default=None, description="Clustering columns in their order; [] for none."
    )
    properties: dict[str, PropertyValue] = Field(
        default_factory=dict, description="Table properties and the values that they must have."
    )
    features: tuple[str, ...] = Field(
        default=(), description="Table features that must be there, such as deletionVectors."
    )
    forbid: Kinds = Field(
        default=None,
        description="Kinds of change that are forbidden, all others are allowed: breaking, any, or "
        "kinds such as column_dropped.",
    )
    allow: Kinds = Field(
        default=None, description="Kinds of change that are allowed, all others are forbidden."
    )
    remember: Length = Field(
        default="30d",
        description="How long a forbidden change fails, unless it is reverted or was expected.",
    )

    @property
    def has_contract(self) -> bool:
        """Whether the form says what the table must have."""
        layout = self.partitioned_by is not None or self.clustered_by is not None
        return bool(self.columns or self.properties or self.features) or layout

    @property
    def forbidden(self) -> frozenset[ChangeKind]:
        """The kinds of change that are forbidden."""
        if self.forbid is not None:
            return frozenset(self.forbid)
        if self.allow is not None:
            return frozenset(ChangeKind) - frozenset(self.allow)
        return frozenset() if self.has_contract else frozenset(BREAKING)

    @model_validator(mode="after")
    def _fits(self) -> "SchemaForm":
        if self.allow is not None and self.forbid is not None:
            raise ValueError("allow and forbid are both set; what the one names the other does not")
        if (self.extra == "forbid" or self.ordered) and not self.columns:
            word = "extra: forbid" if self.extra == "forbid" else "ordered: true"
            raise ValueError(f"{word} needs columns; list them, or leave it out")
        for name in self.properties:
            if is_secret(name):
                # Only a mark of its value is kept.
                raise ValueError(f"property {name} looks like a secret; leave it out")
        return self
