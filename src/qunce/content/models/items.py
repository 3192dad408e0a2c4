"""Items of the library, their published versions, and where they were used."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from qunce.content.types import Openness


class Item(models.Model):
    """An item as it is being written (``document``: types.ItemDocument), and which version is published.

    ``key``: in addresses and playbooks. ``kind``, ``title``, ``tags``, ``words``: of the draft, for lists and search
    (``words``: what it is found by, as `members.policies.search_keys` writes them).
    """

    community = models.ForeignKey("community.Community", on_delete=models.PROTECT, null=True, related_name="+")
    """Whose it is; None: of all communities."""
    key = models.CharField(max_length=80)
    kind = models.CharField(max_length=12)
    title = models.CharField(max_length=120)
    tags = ArrayField(models.CharField(max_length=40), default=list)
    words = ArrayField(models.TextField(), default=list)
    document = models.JSONField()
    edition = models.PositiveIntegerField(default=1)
    """Counts changes of the draft: a form carries it, so that nobody overwrites what he has not seen."""
    openness = models.CharField(max_length=10, default=Openness.TEAM)
    published = models.ForeignKey("content.ItemVersion", on_delete=models.SET_NULL, null=True, related_name="+")
    """What members get; None: a draft, or taken down."""
    published_at = models.DateTimeField(null=True)
    """When it was first published since it was last taken down."""
    taken_down_at = models.DateTimeField(null=True)
    taken_down_why = models.TextField(blank=True)
    origin = models.CharField(max_length=80, blank=True)
    """What it was made from: ``session:<id>``, ``brief:<id>`` …; empty: written by hand."""
    created_by_name = models.TextField(blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        """One of a key per community; an origin makes one item."""

        constraints = [
            models.UniqueConstraint(fields=["community", "key"], name="item_key", nulls_distinct=False),
            models.UniqueConstraint(fields=["origin"], name="item_origin", condition=~models.Q(origin="")),
        ]
        indexes = [
            GinIndex(fields=["words"], name="item_words"),
            models.Index(
                fields=["community", "-published_at"],
                name="item_open",
                condition=models.Q(published__isnull=False),
            ),
        ]


class ItemVersion(models.Model):
    """A published version; it never changes."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    published_by = models.BigIntegerField(null=True)
    published_by_name = models.TextField(blank=True)
    published_at = models.DateTimeField()

    class Meta:
        """Numbered from 1 in each item."""

        constraints = [models.UniqueConstraint(fields=["item", "number"], name="item_version_once")]


class ItemUse(models.Model):
    """Once that an item reached somebody: in a group, or a reader of a page (then ``group_id`` is None).

    ``key``: of the delivery, or of the visit and day, so that the same is counted once; a brief's delivery hands on
    several items. ``times``: on pages.
    """

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="uses")
    version = models.ForeignKey(ItemVersion, on_delete=models.SET_NULL, null=True, related_name="+")
    key = models.CharField(max_length=160)
    way = models.CharField(max_length=12)
    at = models.DateTimeField()
    group_id = models.BigIntegerField(null=True)
    identity_id = models.BigIntegerField(null=True)
    """Who asked for it, or read it."""
    times = models.PositiveIntegerField(default=1)
    token = models.CharField(max_length=16, blank=True, default="")
    """Of the address under which it was handed on; empty: it has none."""
    opened = models.PositiveIntegerField(default=0)
    """How often people followed that address."""

    class Meta:
        """The latest of an item; an address means one use."""

        constraints = [
            models.UniqueConstraint(fields=["item", "key"], name="item_use_once"),
            models.UniqueConstraint(fields=["token"], name="item_use_token", condition=~models.Q(token="")),
        ]
        indexes = [models.Index(fields=["item", "-at"], name="item_use_of")]


class ItemRating(models.Model):
    """How many stars a member gives an item: one to five, the last word counts."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="ratings")
    member_id = models.BigIntegerField()
    stars = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        """Once per member."""

        constraints = [
            models.UniqueConstraint(fields=["item", "member_id"], name="item_rated_once"),
            models.CheckConstraint(condition=models.Q(stars__gte=1, stars__lte=5), name="item_stars"),
        ]
