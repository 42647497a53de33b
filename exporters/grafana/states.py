"""The colours of states, the same in every panel: what could not be evaluated is never green."""

from exporters.grafana.promql import CHECK_STATES, IN_TIME, LATE, UNREADABLE
from exporters.grafana.sdk import dashboard, models

GREEN, GREY, YELLOW, PURPLE, RED, BLUE = "green", "#808080", "yellow", "purple", "red", "blue"

OF_CHECK = dict(zip(CHECK_STATES, (GREEN, GREY, YELLOW, PURPLE, RED), strict=True))
OF_SEVERITY = {"info": BLUE, "warning": YELLOW, "critical": RED}


def mapping(words: dict[int, tuple[str, str]]) -> models.ValueMapping:
    """Numbers shown as a word and a colour each."""
    results = {
        str(number): models.ValueMappingResult(text=word, color=colour, index=index)
        for index, (number, (word, colour)) in enumerate(words.items())
    }
    return models.ValueMap(options=results)


CHECK = mapping(
    {
        number: (state.replace("_", " "), OF_CHECK[state])
        for number, state in enumerate(CHECK_STATES)
    }
)
TABLE = mapping(
    {IN_TIME: ("in time", GREEN), LATE: ("late", YELLOW), UNREADABLE: ("unreadable", RED)}
)
UP = mapping({1: ("up", GREEN), 0: ("down", RED)})
READABLE = mapping({1: ("readable", GREEN), 0: ("unreadable", RED)})
IN_FORCE = mapping({1: ("in force", GREEN), 0: ("refused", RED)})


def from_one(colour: str) -> dashboard.ThresholdsConfig:
    """Green for none, a colour from one on."""
    return steps((None, GREEN), (1, colour))


def steps(*limits: tuple[float | None, str]) -> dashboard.ThresholdsConfig:
    """Colours by the least value that has them; None is the lowest."""
    found = [models.Threshold(value=value, color=colour) for value, colour in limits]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(found)
