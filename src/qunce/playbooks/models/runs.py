"""Runs, their tracks, and what was carried out on each.

Tracks are claimed from their own table; nothing large refers to them.
"""

from django.db import models

from qunce.playbooks.types import RunState, TrackState


class Run(models.Model):
    """A version at work on a selection of groups.

    ``selection``: chat.types.Selection as stored; groups that fit it later join where ``grows``.
    ``begins_at``: day 0 of targets that begin with the run. ``looked_at``: up to when its trigger was asked.
    """

    playbook = models.ForeignKey("playbooks.Playbook", on_delete=models.PROTECT, related_name="runs")
    version = models.ForeignKey("playbooks.Version", on_delete=models.PROTECT, related_name="runs")
    community_ids = models.JSONField(default=list)
    selection = models.JSONField()
    grows = models.BooleanField(default=True)
    values = models.JSONField(default=dict)
    """Of the playbook's variables."""
    state = models.CharField(max_length=10, default=RunState.RUNNING)
    reason = models.TextField(blank=True)
    """Why it is paused or was stopped."""
    begins_at = models.DateTimeField()
    looked_at = models.DateTimeField()
    by_trigger = models.BooleanField(default=True, db_default=True)
    """Whether its trigger is asked; else targets begin when a step of another playbook lets them."""
    created_by = models.BigIntegerField(null=True)
    created_by_name = models.TextField(blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    submission = models.UUIDField(unique=True)
    """The form's own id: pressing the button twice begins once."""

    class Meta:
        """Those that are alive are looked at every few seconds."""

        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=[each.value for each in RunState]), name="run_state")
        ]
        indexes = [models.Index(fields=["state"], name="run_alive", condition=~models.Q(state="ended"))]


class Track(models.Model):
    """One target in one run: where it stands and when it goes on.

    ``step``: the id of the step that comes next, or that it waits in; empty: through. ``data``: what its steps have
    left, by step id. ``due``: TrackState.DUE and WAITING tracks with a ``next_at`` are claimed when it has come.
    """

    id = models.UUIDField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="tracks", db_index=False)
    version = models.ForeignKey("playbooks.Version", on_delete=models.PROTECT, related_name="+", db_index=False)
    group_id = models.BigIntegerField()
    member_id = models.BigIntegerField(null=True)
    occurrence = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, default=TrackState.DUE)
    step = models.CharField(max_length=40, blank=True)
    began_at = models.DateTimeField()
    """Its day 0."""
    due_at = models.DateTimeField()
    """When its next step should be carried out, by the playbook."""
    next_at = models.DateTimeField(null=True)
    """When it is looked at again; None: only an event, or a person, moves it."""
    waits_for = models.CharField(max_length=120, blank=True)
    woken = models.JSONField(null=True)
    """What came of the event that it waited for, until its step has taken it."""
    before_pause = models.CharField(max_length=10, blank=True)
    """The state that it goes back to when the pause is over."""
    turn = models.PositiveIntegerField(default=0, db_default=0)
    """Which execution of ``step`` comes next: 0, or more where people let it be done again."""
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """Unique by target; small partial indexes for the claim, and for what waits for an event."""

        constraints = [
            models.UniqueConstraint(
                fields=["run", "group_id", "member_id", "occurrence"], name="track_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[each.value for each in TrackState]), name="track_state"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at", "id"],
                name="track_due",
                condition=models.Q(state__in=["due", "waiting"], next_at__isnull=False),
            ),
            models.Index(fields=["waits_for"], name="track_waiting", condition=~models.Q(waits_for="")),
            models.Index(fields=["run", "state", "id"], name="track_of_run"),
            models.Index(fields=["run", "step"], name="track_failed", condition=models.Q(state="failed")),
            models.Index(fields=["group_id", "-began_at"], name="track_of_group"),
            models.Index(
                fields=["member_id", "-began_at"],
                name="track_of_member",
                condition=models.Q(member_id__isnull=False),
            ),
        ]


class Execution(models.Model):
    """One step on one track, once per occurrence: that it was carried out, and what came of it."""

    track_id = models.UUIDField()
    step = models.CharField(max_length=40)
    occurrence = models.BigIntegerField(default=0)
    """Counts how often a person let the step be done again."""
    run_id = models.BigIntegerField()
    state = models.CharField(max_length=10)
    due_at = models.DateTimeField()
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    path = models.CharField(max_length=40, blank=True)
    """Which way it went, where the step tells several apart."""
    detail = models.TextField(blank=True)
    """Why it was left out or has failed: a message id."""

    class Meta:
        """Exactly one of each; counted per run and step for its board."""

        constraints = [models.UniqueConstraint(fields=["track_id", "step", "occurrence"], name="execution_once")]
        indexes = [models.Index(fields=["run_id", "step", "state"], name="execution_of_run")]
