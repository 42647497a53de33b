"""Schema: whether a table is defined as its contract says, and has not changed as it must not.

A contract names columns with their types, layout, properties and features; each difference fails
for as long as it is there. A forbidden change fails until it is reverted, a user says that it was
expected, or it is older than `remember`: what is judged is the newest definition against the last
accepted one. With neither a contract nor kinds of change, breaking changes are forbidden.
"""

from checks.core import Kind
from checks.schema.form import SchemaForm
from checks.schema.judging import judge

KIND = Kind(
    "schema",
    "Columns, types, layout and properties as in a contract; no forbidden change of them.",
    SchemaForm,
    judge,
)
