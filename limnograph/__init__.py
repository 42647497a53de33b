"""The service that wires monitors, checks and exporters: settings, store, runner, web, CLI."""

__version__ = "0.1.0"
