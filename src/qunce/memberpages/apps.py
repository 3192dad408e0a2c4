"""Wiring of the members' pages."""

from django.apps import AppConfig


class MemberPagesConfig(AppConfig):
    """See docs/architecture.md."""

    name = "qunce.memberpages"
    label = "memberpages"
