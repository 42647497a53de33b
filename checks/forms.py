"""What every check has, whatever its kind: a form to fill out."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

SeverityName = Literal["info", "warning", "critical"]
CheckId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$")]
DURATION = r"^[0-9]{1,9}[smhd]$"
Duration = Annotated[str, StringConstraints(pattern=DURATION)]
"""A number and a unit, such as 90s, 15m, 1h or 1d."""


class Flapping(BaseModel):
    """How many of the last verdicts must not pass before people hear of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fails: int = Field(default=1, ge=1, le=100, description="Verdicts that do not pass.")
    of: int = Field(default=1, ge=1, le=100, description="Of so many of the last ones.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.fails > self.of:
            raise ValueError(
                f"{self.fails} of {self.of} verdicts can never fail; write fails: {self.of} or less"
            )
        return self


class CheckForm(BaseModel):
    """What every check has."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    type: str = Field(description="The kind of check, or the name of an expectation.")
    id: CheckId | None = Field(
        default=None,
        description="Name of the check, unique within its table; else made of type and arguments.",
    )
    severity: SeverityName = Field(default="warning", description="How bad a failure is.")
    owner: str | None = Field(default=None, description="Who answers for it; else the table's.")
    tags: tuple[str, ...] | None = Field(
        default=None, description="Words to route and filter by; else the table's."
    )
    description: str = Field(default="", description="What a failure means, and what to do.")
    for_: Duration | None = Field(
        default=None,
        alias="for",
        description="How long it must not pass before an incident opens, such as 30m.",
    )
    flapping: Flapping | None = Field(
        default=None, description="In how many of its last verdicts it must not pass before then."
    )
    schedule: str | None = Field(
        default=None, description="When to judge: a duration or a line of cron; else the table's."
    )


class RowForm(CheckForm):
    """What every check over rows has."""

    rows: Literal["new", "all"] = Field(
        default="new",
        description="Judge the rows of the commits since the last time, or the whole table.",
    )
    samples: int = Field(
        default=0, ge=0, le=100, description="Bad rows to show with a verdict; none by default."
    )
    quarantine: "Quarantine | None" = Field(
        default=None, description="Write bad rows to a Delta table; off by default."
    )


class Quarantine(BaseModel):
    """Where bad rows are appended, once for each commit, and what of them is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    uri: str = Field(min_length=1, description="Folder of the Delta table; made when missing.")
    drop: tuple[str, ...] = Field(default=(), description="Columns that are left out.")
    mask: tuple[str, ...] = Field(
        default=(), description="Columns whose values are replaced by asterisks."
    )
    storage_options: dict[str, Any] = Field(
        default_factory=dict, description="Options of its store; else those of the table."
    )


RowForm.model_rebuild()
