"""Accounts, messages with their roll-ups and search, and the ledger of deliveries.

Messages, their search and roll-ups are large tables: the group leads every key, ids are plain, nothing refers to
them.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from qunce.chat.types import DeliveryState, Purpose


class Account(models.Model):
    """One identity of ours on one platform, with its connector's configuration."""

    platform = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    external_id = models.CharField(max_length=255, blank=True)
    config = models.JSONField(default=dict)
    secrets = models.TextField(blank=True)
    enabled = models.BooleanField(default=True)
    carrier_id = models.BigIntegerField(null=True)
    """Who of the staff carries its messages over, where its platform leaves that to a person."""
    state = models.CharField(max_length=12, default="new")
    detail = models.TextField(blank=True)
    state_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        """The same identity is connected once (an identity is known after the first check)."""

        constraints = [
            models.UniqueConstraint(
                fields=["platform", "external_id"], name="account_once", condition=~models.Q(external_id="")
            )
        ]


class Lease(models.Model):
    """Which gateway serves an account, until when; ``epoch`` counts the holders. The cursor moves with its batch."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True, related_name="lease")
    holder = models.TextField(blank=True)
    epoch = models.BigIntegerField(default=0)
    until = models.DateTimeField(null=True)
    cursor = models.TextField(null=True)  # noqa: DJ001 (no cursor yet is not an empty one)


class Seat(models.Model):
    """An account's place in a group. Exactly one account reads a group; further ones only send."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="seats")
    group_id = models.BigIntegerField()
    reads = models.BooleanField(default=False)
    reads_less = models.CharField(max_length=10, blank=True)
    """What is read here, where that is less than the connector promises (types.Reads): the rest is not observed."""
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    left_reason = models.TextField(blank=True)
    backfill = models.CharField(max_length=10, blank=True)
    backfill_before = models.TextField(null=True)  # noqa: DJ001 (no page yet is not an empty one)
    backfilled = models.PositiveIntegerField(default=0)
    backfill_error = models.TextField(blank=True)

    class Meta:
        """One seat per account and group, one reader per group."""

        constraints = [
            models.UniqueConstraint(fields=["account", "group_id"], name="seat_once"),
            models.UniqueConstraint(fields=["group_id"], name="one_reader", condition=models.Q(reads=True)),
        ]


class Message(models.Model):
    """A message as the platform has it. ``sent_at`` is the platform's stamp; ``parts`` None: text is all."""

    pk = models.CompositePrimaryKey("group_id", "sent_at", "id")
    group_id = models.BigIntegerField()
    sent_at = models.DateTimeField()
    id = models.UUIDField()
    external_id = models.TextField()
    identity_id = models.BigIntegerField()
    text = models.TextField()
    parts = models.JSONField(null=True)
    reply_to = models.TextField(null=True)  # noqa: DJ001 (no reply is not a reply to nothing)
    origin = models.SmallIntegerField()
    from_us = models.BooleanField()
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        """Partitioned by month in the migration."""

        constraints = [models.UniqueConstraint(fields=["group_id", "external_id", "sent_at"], name="message_once")]
        indexes = [models.Index(fields=["sent_at", "id"], name="message_newest")]


class SearchText(models.Model):
    """What a message is found by (policies.search_vector), written by a job soon after it."""

    pk = models.CompositePrimaryKey("group_id", "sent_at", "id")
    group_id = models.BigIntegerField()
    sent_at = models.DateTimeField()
    id = models.UUIDField()
    words = SearchVectorField()

    class Meta:
        """Found by words; the newest of them are shown."""

        indexes = [GinIndex(fields=["words"], name="search_words")]


class SearchBacklog(models.Model):
    """Messages of one batch that are new, changed or gone, and have yet to be made searchable."""

    at = models.DateTimeField()
    group_ids = ArrayField(models.BigIntegerField())
    sent_ats = ArrayField(models.DateTimeField())
    message_ids = ArrayField(models.UUIDField())


class GroupHour(models.Model):
    """What happened in a group in one hour (UTC). Bots and our own messages are counted apart."""

    pk = models.CompositePrimaryKey("group_id", "hour")
    group_id = models.BigIntegerField()
    hour = models.DateTimeField()
    messages = models.IntegerField(default=0)
    bot_messages = models.IntegerField(default=0)
    joined = models.IntegerField(default=0)
    left = models.IntegerField(default=0)


class MemberDay(models.Model):
    """How much one identity said in a group on one day of the community's zone."""

    pk = models.CompositePrimaryKey("group_id", "day", "identity_id")
    group_id = models.BigIntegerField()
    day = models.DateField()
    identity_id = models.BigIntegerField()
    messages = models.IntegerField(default=0)


class SetAside(models.Model):
    """An event that could not be processed: kept with its error so that its account goes on."""

    account_id = models.BigIntegerField()
    group_id = models.BigIntegerField(null=True)
    stage = models.TextField(blank=True)
    error = models.TextField()
    event = models.JSONField()
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)


class Gap(models.Model):
    """A stretch of time in which a group was perhaps not read."""

    account_id = models.BigIntegerField()
    group_id = models.BigIntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.TextField()
    filled_at = models.DateTimeField(null=True)


class Schedule(models.Model):
    """A broadcast that goes out later, once or again and again: each time it becomes a Broadcast of its own."""

    community_ids = ArrayField(models.BigIntegerField(), default=list)
    title = models.CharField(max_length=120)
    text = models.TextField()
    selection = models.JSONField()
    manner = models.JSONField()
    rhythm = models.JSONField()
    lasts = models.DurationField(null=True)
    """How long after its time a message may still be sent."""
    created_by = models.BigIntegerField(null=True)
    created_by_name = models.TextField(blank=True)
    created_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    missed_at = models.DateTimeField(null=True)
    """The last time at which it did not go out; ``missed_why`` says why."""
    missed_why = models.TextField(blank=True)
    consent = models.CharField(max_length=8, blank=True, db_default="")
    consent_asked = models.BigIntegerField(null=True)
    """The approval that a lead gives or refuses (types.Consent)."""
    submission = models.UUIDField(unique=True)

    class Meta:
        """Those that something is still to come of are looked for every few seconds."""

        indexes = [models.Index(fields=["next_at"], name="schedule_due", condition=models.Q(next_at__isnull=False))]


class Broadcast(models.Model):
    """One content to many groups. Its targets are its deliveries."""

    community_ids = ArrayField(models.BigIntegerField(), default=list)
    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, null=True, related_name="broadcasts")
    title = models.CharField(max_length=120)
    text = models.TextField()
    manner = models.JSONField(default=dict)
    created_by = models.BigIntegerField(null=True)
    created_by_name = models.TextField(blank=True)
    created_at = models.DateTimeField()
    not_after = models.DateTimeField(null=True)
    wave = models.PositiveIntegerField(default=0)
    """The last wave that was released, from 0."""
    next_wave_at = models.DateTimeField(null=True)
    """When the next wave may go; None: nothing of it is watched any more."""
    stopped_at = models.DateTimeField(null=True)
    stopped_for = models.JSONField(null=True)
    """What passed a bound (types.Signals), where it stopped by itself."""
    tolerated = models.JSONField(default=dict)
    """What a person has seen and gone on in spite of (types.Signals)."""
    recalled_at = models.DateTimeField(null=True)
    consent = models.CharField(max_length=8, blank=True, db_default="")
    consent_asked = models.BigIntegerField(null=True)
    """As in Schedule; until it is given everything is held."""
    submission = models.UUIDField(unique=True)
    """The form's own id: pressing the button twice sends once."""

    class Meta:
        """Those in waves are looked after every few seconds."""

        indexes = [
            models.Index(
                fields=["next_wave_at"], name="broadcast_waves", condition=models.Q(next_wave_at__isnull=False)
            )
        ]


class Delivery(models.Model):
    """One message to one target: the ledger of everything that leaves. Claimed from this table by gateways."""

    id = models.UUIDField(primary_key=True)
    key = models.TextField(unique=True)
    account_id = models.BigIntegerField()
    group_id = models.BigIntegerField()
    broadcast = models.ForeignKey(
        Broadcast, on_delete=models.PROTECT, null=True, related_name="deliveries", db_index=False
    )
    wave = models.PositiveIntegerField(default=0, db_default=0)
    purpose = models.SmallIntegerField()
    content = models.JSONField()
    operation = models.JSONField(null=True)
    """What is to be done instead of sending a message (types.operation_to_json); None: the content is sent."""
    reply_to = models.TextField(null=True)  # noqa: DJ001 (as in Message)
    state = models.CharField(max_length=10, default=DeliveryState.PLANNED)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    not_after = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    claim_epoch = models.BigIntegerField(null=True)
    first_claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    external_id = models.TextField(blank=True)
    recall_wanted_at = models.DateTimeField(null=True)
    recall_after = models.DateTimeField(null=True)
    recall_error = models.TextField(blank=True)

    class Meta:
        """Small partial indexes for the two claim queues; one for results."""

        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in DeliveryState]), name="delivery_state"
            )
        ]
        indexes = [
            models.Index(
                fields=["account_id", "purpose", "not_before", "id"],
                name="delivery_due",
                condition=models.Q(state="planned"),
            ),
            models.Index(
                fields=["account_id", "recall_after"],
                name="delivery_recall_due",
                condition=models.Q(state="sent", recall_wanted_at__isnull=False),
            ),
            models.Index(fields=["account_id"], name="delivery_claimed", condition=models.Q(state="claimed")),
            models.Index(
                fields=["state", "created_at"],
                name="delivery_trouble",
                condition=models.Q(state__in=["failed", "unknown"]),
            ),
            models.Index(
                fields=["broadcast", "state"],
                name="delivery_of_broadcast",
                condition=models.Q(broadcast__isnull=False),
            ),
            models.Index(fields=["group_id", "-created_at"], name="delivery_of_group"),
            models.Index(
                fields=["group_id", "first_claimed_at"],
                name="delivery_campaigns",
                condition=models.Q(purpose=int(Purpose.CAMPAIGN)),
            ),
            models.Index(
                fields=["account_id", "-sent_at"],
                name="delivery_pace",
                condition=models.Q(sent_at__isnull=False),
            ),
        ]


class GroupNotice(models.Model):
    """What the notice of a group was last told to be; ``serial`` counts, and names the delivery or the task."""

    group_id = models.BigIntegerField(primary_key=True)
    text = models.TextField()
    serial = models.PositiveIntegerField(default=0)
    by_hand = models.BooleanField(default=False)
    told_at = models.DateTimeField()

    @property
    def key(self) -> str:
        """Of the delivery, or of the task where a person has to do it."""
        return f"notice:{self.group_id}:{self.serial}"


class Link(models.Model):
    """An address in one delivery's text, behind a short one of ours; how often people followed it."""

    token = models.CharField(max_length=24, primary_key=True)
    broadcast = models.ForeignKey(Broadcast, on_delete=models.CASCADE, related_name="links")
    delivery_id = models.UUIDField()
    url = models.TextField()
    clicks = models.PositiveIntegerField(default=0)
    clicked_at = models.DateTimeField(null=True)

    class Meta:
        """Summed up per delivery of a broadcast."""

        indexes = [models.Index(fields=["broadcast", "delivery_id"], name="link_of_delivery")]


class CommunityRestraint(models.Model):
    """What binds campaigns in one community (types.Restraint); without a row the usual holds."""

    community_id = models.BigIntegerField(primary_key=True)
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    daily_cap = models.PositiveSmallIntegerField(null=True)
    complaints = ArrayField(models.CharField(max_length=40), default=list)
    consent_above = models.PositiveIntegerField(null=True)


class DeliveryStep(models.Model):
    """One step in a delivery's life, for its history."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    state = models.CharField(max_length=10)
    detail = models.TextField(blank=True)


class Carrying(models.Model):
    """A delivery in somebody's hands: who carries it over, until when they have it to themselves, and their proof."""

    delivery = models.OneToOneField(Delivery, on_delete=models.CASCADE, primary_key=True, related_name="carrying")
    staff_id = models.BigIntegerField(null=True)
    name = models.TextField(blank=True)
    until = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    """When they said that it is sent, or left out; None while it is open."""
    proof = models.CharField(max_length=64, blank=True)
    proof_type = models.CharField(max_length=40, blank=True)

    class Meta:
        """Found by whose open claims have run out, and by what was settled lately."""

        indexes = [
            models.Index(fields=["until"], name="carrying_open", condition=models.Q(settled_at=None)),
            models.Index(fields=["settled_at"], name="carrying_settled"),
        ]
