"""Roles that go round in a group."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from qunce.playbooks.types import TurnState


class Rota(models.Model):
    """A role that goes round in one group, such as the host of the day. ``weekdays``: when it is had, Monday 0."""

    community = models.ForeignKey("community.Community", on_delete=models.PROTECT, related_name="+")
    group_id = models.BigIntegerField()
    title = models.CharField(max_length=60)
    duties = models.TextField(blank=True)
    """What whoever has the turn does, in words for members."""
    weekdays = ArrayField(models.PositiveSmallIntegerField())
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """One of a name in a group."""

        constraints = [
            models.UniqueConstraint(
                fields=["group_id", "title"], name="rota_once", condition=models.Q(ended_at__isnull=True)
            )
        ]


class RotaPlace(models.Model):
    """A member's place in the order; ``away_from`` to ``away_until``: days on which they cannot."""

    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="places")
    member_id = models.BigIntegerField()
    position = models.PositiveIntegerField()
    away_from = models.DateField(null=True)
    away_until = models.DateField(null=True)

    class Meta:
        """Once in each."""

        constraints = [models.UniqueConstraint(fields=["rota", "member_id"], name="rota_place_once")]


class RotaTurn(models.Model):
    """One day of a rota. ``owed_by``: whose turn it was, where somebody stands in or two have swapped."""

    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="turns")
    day = models.DateField()
    member_id = models.BigIntegerField()
    owed_by = models.BigIntegerField()
    state = models.CharField(max_length=10, default=TurnState.PLANNED)
    fixed = models.BooleanField(default=False)
    """A person has decided it: it stays when the order changes."""
    handover = models.TextField(blank=True)
    """What the next one should know."""
    settled_at = models.DateTimeField(null=True)

    class Meta:
        """One per day; read by who has had them."""

        constraints = [models.UniqueConstraint(fields=["rota", "day"], name="rota_turn_once")]
        indexes = [models.Index(fields=["member_id", "-day"], name="rota_turns_of")]


class TurnOffer(models.Model):
    """A turn that its member would like to give away: to one member or to anybody, in exchange for ``other`` or not.

    It holds while the turns are whose they were; whoever accepts first has it, and then it is gone.
    """

    turn = models.OneToOneField(RotaTurn, on_delete=models.CASCADE, related_name="offer")
    by_member = models.BigIntegerField()
    to_member = models.BigIntegerField(null=True)
    other = models.ForeignKey(RotaTurn, null=True, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
