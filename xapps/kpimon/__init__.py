"""The KPI monitor: every connected gNB's KPM reports, as Prometheus metrics and in the SDL."""
