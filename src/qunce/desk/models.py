"""Keyword rules and their use; what needs a person, and what was answered."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from qunce.desk.types import MatterState, Scope


class KeywordRule(models.Model):
    """Words, where they count, and the answer. Where: see `types.Scope`.

    A deleted rule stays, so that deleting can be undone with all that was counted. ``files``: each is a
    `content.types.Attached`. Without ``opens_at`` there are no hours.
    """

    community_id = models.BigIntegerField(null=True)
    group_id = models.BigIntegerField(null=True)
    tag = models.CharField(max_length=40, blank=True, default="")
    match = models.CharField(max_length=12)
    keywords = ArrayField(models.CharField(max_length=200))
    answer = models.TextField(blank=True)
    variants = ArrayField(models.TextField(), default=list)
    files = models.JSONField(default=list)
    item_id = models.BigIntegerField(null=True)
    """Of the library; it goes along as long as it is published for members."""
    cooldown_seconds = models.PositiveIntegerField(default=0)
    days = ArrayField(models.PositiveSmallIntegerField(), default=list)
    opens_at = models.TimeField(null=True)
    closes_at = models.TimeField(null=True)
    away = models.TextField(blank=True, default="")
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        """A group is a scope by itself; something to match and to say; hours have both ends."""

        constraints = [
            models.CheckConstraint(
                condition=models.Q(group_id=None) | models.Q(community_id=None, tag=""), name="rule_one_scope"
            ),
            models.CheckConstraint(condition=~models.Q(keywords=[]), name="rule_has_keywords"),
            models.CheckConstraint(condition=~models.Q(answer="", files=[], item_id=None), name="rule_has_answer"),
            models.CheckConstraint(
                condition=models.Q(opens_at=None, closes_at=None)
                | models.Q(opens_at__isnull=False, closes_at__isnull=False),
                name="rule_hours_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["community_id"], name="rule_community"),
            models.Index(fields=["group_id"], name="rule_group"),
            models.Index(fields=["item_id"], name="rule_item", condition=models.Q(item_id__isnull=False)),
        ]

    @property
    def scope(self) -> Scope:
        """Where it counts."""
        return Scope(self.community_id, self.group_id, self.tag)


class KeywordUse(models.Model):
    """When a rule last answered in a group, and how often: cool-down and use counts."""

    rule = models.ForeignKey(KeywordRule, on_delete=models.CASCADE, related_name="uses")
    group_id = models.BigIntegerField()
    last_at = models.DateTimeField()
    times = models.PositiveBigIntegerField(default=0)

    class Meta:
        """One row per rule and group."""

        constraints = [models.UniqueConstraint(fields=["rule", "group_id"], name="use_once")]


class Matter(models.Model):
    """A message that needs a person: a question, a mention, or one that somebody took up. The message by its key.

    ``mentioned``: ids of staff, types.OUR_ACCOUNT for ours. Settled by a colleague (``settled_by``), or by
    whoever answered in the group (None); their name is kept.
    """

    group_id = models.BigIntegerField()
    sent_at = models.DateTimeField()
    message_id = models.UUIDField()
    external_id = models.TextField()
    identity_id = models.BigIntegerField()
    asks = models.BooleanField(default=False)
    mentioned = ArrayField(models.BigIntegerField(), default=list)
    state = models.CharField(max_length=10, default=MatterState.OPEN)
    assignee_id = models.BigIntegerField(null=True)
    assignee_name = models.TextField(blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.BigIntegerField(null=True)
    settled_by_name = models.TextField(blank=True)

    class Meta:
        """One per message; open ones are few, whatever was settled."""

        constraints = [
            models.UniqueConstraint(fields=["group_id", "message_id"], name="matter_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in MatterState]), name="matter_state"
            ),
            models.CheckConstraint(
                condition=models.Q(state=MatterState.OPEN.value, settled_at=None)
                | (~models.Q(state=MatterState.OPEN.value) & models.Q(settled_at__isnull=False)),
                name="matter_settled",
            ),
        ]
        indexes = [
            models.Index(
                fields=["sent_at", "id"], name="matter_open", condition=models.Q(state=MatterState.OPEN.value)
            ),
            models.Index(fields=["group_id", "external_id"], name="matter_answered_by_reply"),
            models.Index(
                fields=["settled_at", "id"], name="matter_settled_last", condition=models.Q(settled_at__isnull=False)
            ),
        ]


class Answer(models.Model):
    """What somebody of the team wrote about a matter: a delivery of the ledger."""

    matter = models.ForeignKey(Matter, on_delete=models.CASCADE, related_name="answers")
    delivery_id = models.UUIDField(unique=True)
    text = models.TextField()
    by = models.BigIntegerField(null=True)
    by_name = models.TextField()
    at = models.DateTimeField()
