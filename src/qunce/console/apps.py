"""Wiring of the console context."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """See docs/architecture.md."""

    name = "qunce.console"
    label = "console"
