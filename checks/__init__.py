"""Rules over measurements, facts and rows; a check judges and never reads a lake by itself.

Every kind we ship. To add one: write its file, then list it here.
"""

from checks import freshness, schema, threshold
from checks.core import Kind
from checks.expectations import kind as expectation
from checks.rows import references, sql, sql_rule, unique
from checks.volume import kind as volume

ALL: tuple[Kind, ...] = (
    threshold.KIND,
    freshness.KIND,
    volume.KIND,
    schema.KIND,
    expectation.KIND,
    sql_rule.KIND,
    unique.KIND,
    references.KIND,
    sql.KIND,
)
