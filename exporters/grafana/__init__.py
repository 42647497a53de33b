"""The Grafana dashboards, as code: `python -m exporters.grafana` writes them to dashboards/grafana.

They are classic JSON, which Grafana reads from version 10 on. The package is left out of the wheel,
since its SDK is needed by developers only; what it makes is shipped.
"""
