"""Tell somebody: Prometheus, reports, alert channels. Exporters format; they never measure."""
