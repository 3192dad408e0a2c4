"""The program that writes: where it is, what it was used, and which communities let their texts go there."""

from django.db import models


class Endpoint(models.Model):
    """An endpoint that speaks as OpenAI's does; at most one. ``secrets``: sealed, its key."""

    only = models.BooleanField(default=True, unique=True)
    url = models.URLField(max_length=500)
    model = models.CharField(max_length=120)
    secrets = models.TextField(blank=True)
    timeout = models.PositiveSmallIntegerField()
    calls_per_day = models.PositiveIntegerField()
    tokens_per_day = models.PositiveIntegerField()
    changed_by_name = models.TextField(blank=True)
    changed_at = models.DateTimeField()


class EndpointUse(models.Model):
    """What was used on a day (UTC): calls that were begun, and tokens as far as the other side says."""

    day = models.DateField(unique=True)
    calls = models.PositiveIntegerField(default=0)
    tokens = models.PositiveIntegerField(default=0)


class EndpointConsent(models.Model):
    """A community whose texts may be sent to the endpoint, and who has said so."""

    community_id = models.BigIntegerField(unique=True)
    by_name = models.TextField(blank=True)
    at = models.DateTimeField()
