"""Rows of the kernel: stored events, audit, revisions, heartbeats, files."""

from django.db import models

from qunce.kernel import lookups as lookups  # noqa: PLC0414 (registers them with the first model)


class StoredEvent(models.Model):
    """An event as published, in the transaction that made it true."""

    id = models.UUIDField(primary_key=True)
    name = models.TextField()
    payload = models.JSONField()
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        """Only undelivered events are ever searched."""

        indexes = [models.Index(fields=["id"], name="event_open", condition=models.Q(done_at=None))]


class HandledEvent(models.Model):
    """One event handled by one subscriber: written in the handler's transaction, so that it happens once."""

    event = models.ForeignKey(StoredEvent, on_delete=models.CASCADE, related_name="+")
    subscriber = models.TextField()
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)

    class Meta:
        """Once per event and subscriber."""

        constraints = [models.UniqueConstraint(fields=["event", "subscriber"], name="handled_once")]


class AuditEntry(models.Model):
    """A decision of a person, or an effect on a person, as a sentence with its parameters."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.TextField()
    action = models.TextField()
    sentence = models.TextField()
    params = models.JSONField(default=dict)
    community_id = models.BigIntegerField(null=True)
    object_kind = models.TextField(blank=True)
    object_id = models.TextField(blank=True)

    class Meta:
        """Read newest first, by community or by object."""

        indexes = [
            models.Index(fields=["community_id", "-id"], name="audit_by_community"),
            models.Index(fields=["object_kind", "object_id", "-id"], name="audit_by_object"),
        ]


class Revision(models.Model):
    """See kernel.revisions."""

    scope = models.TextField(primary_key=True)
    number = models.BigIntegerField(default=0)


class Heartbeat(models.Model):
    """A process of a role that was alive at ``at``."""

    role = models.TextField()
    process = models.TextField()
    at = models.DateTimeField()
    detail = models.TextField(blank=True)

    class Meta:
        """One row per process."""

        constraints = [models.UniqueConstraint(fields=["role", "process"], name="heartbeat_once")]


class StoredFile(models.Model):
    """A file by its content; the same bytes are stored once."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    name = models.TextField()
    content_type = models.TextField()
    size = models.BigIntegerField()
    created_at = models.DateTimeField()
