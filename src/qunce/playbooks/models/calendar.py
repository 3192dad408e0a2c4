"""The secret addresses under which people's calendars are read."""

from django.db import models


class Feed(models.Model):
    """One person's calendar feed: the token is in its address alone, here is its hash; revoked by a new one."""

    staff_id = models.BigIntegerField(unique=True)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    """When a program has last fetched it."""
