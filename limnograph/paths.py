"""Where the data folders live: inside the installed package, or at the root of a checkout."""

from pathlib import Path

_INSTALLED = Path(__file__).with_name("_data")
_ROOT = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).parents[1]

CONFIG = _ROOT / "config"
DASHBOARDS = _ROOT / "dashboards"
