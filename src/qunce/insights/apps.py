"""Wiring of the insights context."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """See docs/architecture.md."""

    name = "qunce.insights"
    label = "insights"
