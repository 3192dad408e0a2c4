"""People: members, their identities on platforms, and their stays in groups."""

from django.db import models


class Member(models.Model):
    """A person. Facts refer to identities; a member is the set of identities that point here."""

    name = models.CharField(max_length=255)
    note = models.TextField(blank=True)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    muted_at = models.DateTimeField(null=True)
    """Since when they do not want to be mentioned, chased or written to; None: they have not said so."""
    created_at = models.DateTimeField()


class Identity(models.Model):
    """A person's (or bot's) account on one platform."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="identities")
    platform = models.CharField(max_length=40)
    external_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255, blank=True)
    is_bot = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        """One row per account of a platform."""

        constraints = [models.UniqueConstraint(fields=["platform", "external_id"], name="identity_on_platform")]


class Membership(models.Model):
    """One stay of an identity in a group. ``joined_at`` is None where they were there before we looked."""

    group_id = models.BigIntegerField()
    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="memberships")
    nickname = models.CharField(max_length=255, blank=True)
    inviter_id = models.BigIntegerField(null=True)
    source = models.CharField(max_length=80, blank=True)
    seen_at = models.DateTimeField()
    joined_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)

    class Meta:
        """At most one open stay."""

        constraints = [
            models.UniqueConstraint(
                fields=["group_id", "identity"], name="one_open_stay", condition=models.Q(left_at=None)
            )
        ]
        indexes = [
            models.Index(fields=["identity", "group_id"], name="stays_of_identity"),
            models.Index(fields=["group_id", "-joined_at"], name="stays_in_group"),
        ]


class MemberLink(models.Model):
    """A link with which one member opens their own pages of one community. Only hashes of its secrets are stored.

    ``ref`` names it in addresses and opens nothing. With the first opening it is bound to that browser, which holds
    the secret of ``bound_hash``; from then on the token alone opens nothing either.
    """

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="links")
    community_id = models.BigIntegerField()
    ref = models.CharField(max_length=16, unique=True)
    token_hash = models.CharField(max_length=64, unique=True)
    bound_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    created_by = models.BigIntegerField(null=True)
    created_by_name = models.TextField(blank=True)
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
