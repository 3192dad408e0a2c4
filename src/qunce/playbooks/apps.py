"""Wiring of the playbooks context."""

from django.apps import AppConfig


class PlaybooksConfig(AppConfig):
    """See docs/architecture.md."""

    name = "qunce.playbooks"
    label = "playbooks"
