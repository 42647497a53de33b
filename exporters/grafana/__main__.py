"""`python -m exporters.grafana`: write the dashboards to dashboards/grafana."""

from exporters.grafana.writing import FOLDER, write

if __name__ == "__main__":
    write(FOLDER)
