"""Wiring of the members context."""

from django.apps import AppConfig


class MembersConfig(AppConfig):
    """See docs/architecture.md."""

    name = "qunce.members"
    label = "members"
