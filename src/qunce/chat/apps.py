"""Wiring of the chat context."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """See docs/architecture.md."""

    name = "qunce.chat"
    label = "chat"
