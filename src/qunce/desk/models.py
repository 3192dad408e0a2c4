"""Keyword rules and their use."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class KeywordRule(models.Model):
    """Words, where they count, and the answer. Scope: a group, a community, or (neither) everywhere.

    A deleted rule stays, so that deleting can be undone with all that was counted.
    """

    community_id = models.BigIntegerField(null=True)
    group_id = models.BigIntegerField(null=True)
    match = models.CharField(max_length=12)
    keywords = ArrayField(models.CharField(max_length=100))
    answer = models.TextField()
    cooldown_seconds = models.PositiveIntegerField(default=0)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        """One scope at most; something to match and to say."""

        constraints = [
            models.CheckConstraint(
                condition=models.Q(community_id=None) | models.Q(group_id=None), name="rule_one_scope"
            ),
            models.CheckConstraint(condition=~models.Q(keywords=[]), name="rule_has_keywords"),
            models.CheckConstraint(condition=~models.Q(answer=""), name="rule_has_answer"),
        ]
        indexes = [
            models.Index(fields=["community_id"], name="rule_community"),
            models.Index(fields=["group_id"], name="rule_group"),
        ]


class KeywordUse(models.Model):
    """When a rule last answered in a group, and how often: cool-down and use counts."""

    rule = models.ForeignKey(KeywordRule, on_delete=models.CASCADE, related_name="uses")
    group_id = models.BigIntegerField()
    last_at = models.DateTimeField()
    times = models.PositiveBigIntegerField(default=0)

    class Meta:
        """One row per rule and group."""

        constraints = [models.UniqueConstraint(fields=["rule", "group_id"], name="use_once")]
