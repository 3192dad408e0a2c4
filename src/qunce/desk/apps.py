"""Wiring of the desk context."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """See docs/architecture.md."""

    name = "qunce.desk"
    label = "desk"
