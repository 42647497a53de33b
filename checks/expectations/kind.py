"""The kind under which every expectation runs."""

from checks.core import Kind
from checks.expectations.form import ExpectationForm

KIND = Kind(
    name="expectation",
    summary="Any expectation of great-expectations that runs on pandas, over the new rows.",
    form=ExpectationForm,
)
