"""Rehearsals that were asked for on a page, and what they have shown."""

from django.db import models


class KeptRehearsal(models.Model):
    """A draft that is to be rehearsed, or was. ``state``: waiting, running, done or failed."""

    playbook = models.ForeignKey("playbooks.Playbook", on_delete=models.CASCADE, related_name="rehearsals")
    document = models.JSONField()
    """The draft as it was then."""
    group_ids = models.JSONField()
    selection = models.JSONField()
    """How the groups were chosen, so that a run may begin with the same."""
    simulated = models.JSONField(null=True)
    """A types.rehearsal.Simulated, where the groups do not exist."""
    days = models.PositiveIntegerField()
    begins_at = models.DateTimeField(null=True)
    values = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default="waiting")
    result = models.JSONField(null=True)
    """A types.rehearsal.Rehearsal."""
    error = models.TextField(blank=True)
    asked_by = models.BigIntegerField(null=True)
    asked_by_name = models.TextField(blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """The latest of a playbook."""

        indexes = [models.Index(fields=["playbook", "-id"], name="rehearsal_of_playbook")]
