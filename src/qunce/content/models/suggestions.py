"""What members suggest."""

from django.db import models

from qunce.content.types import SuggestionState


class Suggestion(models.Model):
    """Somebody's suggestion, and what becomes of it. The same by somebody else hangs beneath the first (``same_as``).

    Where it was said in a group, ``group_id`` and ``external_id`` name the message.
    """

    community = models.ForeignKey("community.Community", on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    text_key = models.TextField()
    """What the same words are known by."""
    member_id = models.BigIntegerField(null=True)
    identity_id = models.BigIntegerField(null=True)
    name = models.TextField(blank=True)
    """Of whoever suggests it, as they are called there."""
    group_id = models.BigIntegerField(null=True)
    external_id = models.TextField(blank=True)
    entered_by_name = models.TextField(blank=True)
    """Who of the staff has entered it; empty: its author."""
    at = models.DateTimeField()
    state = models.CharField(max_length=10, default=SuggestionState.NEW)
    reason = models.TextField(blank=True)
    decided_by_name = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    before = models.JSONField(null=True)
    """How it stood before the last decision (types.Standing), for undoing that; None: there is nothing to undo."""
    edition = models.PositiveIntegerField(default=1)
    same_as = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="others")

    class Meta:
        """A message makes one; boards show those of a community by state."""

        constraints = [
            models.UniqueConstraint(
                fields=["group_id", "external_id"],
                name="suggestion_of_message",
                condition=models.Q(group_id__isnull=False) & ~models.Q(external_id=""),
            )
        ]
        indexes = [
            models.Index(fields=["community", "state", "-at"], name="suggestion_board"),
            models.Index(fields=["community", "text_key"], name="suggestion_same"),
            models.Index(fields=["member_id"], name="suggestion_of_member"),
        ]
