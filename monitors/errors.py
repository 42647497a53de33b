"""What can go wrong, as one small tree.

    LimnographError                what, where, and the mend
    ├── ConfigError                the configuration is wrong; every problem of the file at once
    ├── SecretError                a secret reference cannot be resolved
    ├── StoreError                 the store cannot be opened, read or written
    └── UnreadableError            a subject cannot be read; becomes a reading `error(reason, mend)`
        └── UnavailableError       the storage or a worker failed; another try may do

Messages never hold a secret. `reason` says what is wrong and where; `mend` what to do about it.
"""


class LimnographError(Exception):
    """Anything limnograph can explain: `reason` says what and where, `mend` what to do."""

    def __init__(self, reason: str, mend: str = "") -> None:
        super().__init__(f"{reason}; {mend}" if mend else reason)
        self.reason = reason
        self.mend = mend

    def __reduce__(self) -> tuple[type["LimnographError"], tuple[str, str]]:
        # Exceptions cross from worker processes; the default would pass the joined message only.
        return type(self), (self.reason, self.mend)


class ConfigError(LimnographError):
    """The configuration is wrong; one line per problem, `file:line:column: field: problem`."""


class SecretError(LimnographError):
    """A secret reference such as `env:NAME` cannot be resolved."""


class StoreError(LimnographError):
    """The store cannot be opened, read or written."""


class UnreadableError(LimnographError):
    """A subject cannot be read; the others are not affected."""


class UnavailableError(UnreadableError):
    """The storage refused or failed, or a worker was lost; another try may do."""
