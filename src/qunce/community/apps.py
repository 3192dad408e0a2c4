"""Wiring of the community context."""

from django.apps import AppConfig


class CommunityConfig(AppConfig):
    """See docs/architecture.md."""

    name = "qunce.community"
    label = "community"
