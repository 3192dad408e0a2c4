"""Wiring of the team context."""

from django.apps import AppConfig


class TeamConfig(AppConfig):
    """See docs/architecture.md."""

    name = "qunce.team"
    label = "team"
