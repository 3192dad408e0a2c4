"""Signing in: nobody signs up by himself; staff are invited."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class NoOpenSignUp(DefaultAccountAdapter):
    """No public registration."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 (the interface's)
        """Staff are invited."""
        return False
