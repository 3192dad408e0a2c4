"""Keyword rules and their use."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from qunce.desk.types import Scope


class KeywordRule(models.Model):
    """Words, where they count, and the answer. Where: see `types.Scope`.

    A deleted rule stays, so that deleting can be undone with all that was counted. ``files``: `types.Attachment`s.
    Without ``opens_at`` there are no hours.
    """

    community_id = models.BigIntegerField(null=True)
    group_id = models.BigIntegerField(null=True)
    tag = models.CharField(max_length=40, blank=True, default="")
    match = models.CharField(max_length=12)
    keywords = ArrayField(models.CharField(max_length=200))
    answer = models.TextField(blank=True)
    variants = ArrayField(models.TextField(), default=list)
    files = models.JSONField(default=list)
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
            models.CheckConstraint(condition=~models.Q(answer="", files=[]), name="rule_has_answer"),
            models.CheckConstraint(
                condition=models.Q(opens_at=None, closes_at=None)
                | models.Q(opens_at__isnull=False, closes_at__isnull=False),
                name="rule_hours_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["community_id"], name="rule_community"),
            models.Index(fields=["group_id"], name="rule_group"),
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
