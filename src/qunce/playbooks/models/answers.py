"""Calls to action of playbooks, and who has answered them."""

from django.db import models


class Call(models.Model):
    """Something that members were asked for: open until ``closes_at``, answers are what they say in the group then.

    ``key``: of the step's execution. ``delivery_key``: of the message that asks; nothing counts before it was sent.
    """

    key = models.CharField(max_length=120, unique=True)
    run_id = models.BigIntegerField()
    track_id = models.UUIDField()
    step = models.CharField(max_length=40)
    group_id = models.BigIntegerField()
    member_id = models.BigIntegerField(null=True)
    """Only this member is asked; None: everybody in the group."""
    keyword = models.CharField(max_length=40, blank=True)
    """Only what contains it counts; empty: whatever is said."""
    of_turn = models.BooleanField(default=False)
    """A word that takes a turn, or lets it go, counts whatever the keyword is."""
    delivery_key = models.CharField(max_length=120)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        """Those that are open are looked at with every batch of their groups."""

        indexes = [
            models.Index(fields=["group_id"], name="call_open", condition=models.Q(closed_at__isnull=True)),
            models.Index(fields=["run_id", "step"], name="call_of_run"),
        ]

    @property
    def ends_with_an_answer(self) -> bool:
        """Whether the first answer is all that its step waits for: of one member, or where nothing was asked."""
        return self.member_id is not None or not self.delivery_key


class CallAnswer(models.Model):
    """The first thing that a person said to a call, and how often they said something."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="answers")
    identity_id = models.BigIntegerField()
    text = models.TextField()
    sent_at = models.DateTimeField()
    message_id = models.UUIDField()
    times = models.PositiveIntegerField(default=1)

    class Meta:
        """Once per person and call."""

        constraints = [models.UniqueConstraint(fields=["call", "identity_id"], name="answer_once")]
