"""Wiring of the content context."""

from django.apps import AppConfig


class ContentConfig(AppConfig):
    """See docs/architecture.md."""

    name = "qunce.content"
    label = "content"
