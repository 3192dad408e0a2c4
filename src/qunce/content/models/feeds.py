"""Feeds that are read, and the entries that they have had."""

from django.db import models

from qunce.content.types import FeedState


class NewsFeed(models.Model):
    """A feed, read again and again. ``etag`` and ``modified``: what its server has said, for the next question."""

    community = models.ForeignKey("community.Community", on_delete=models.PROTECT, null=True, related_name="+")
    """For whose briefs; None: for those of all communities."""
    url = models.TextField()
    title = models.CharField(max_length=200)
    site = models.TextField(blank=True)
    state = models.CharField(max_length=8, default=FeedState.READ)
    etag = models.TextField(blank=True)
    modified = models.TextField(blank=True)
    next_at = models.DateTimeField()
    """When it is read next; while it is being read, when another worker may."""
    read_at = models.DateTimeField(null=True)
    """When it was last read with success."""
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    """Why it could not be read the last time: a message id."""
    created_by_name = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        """An address once for each community."""

        constraints = [
            models.UniqueConstraint(fields=["community", "url"], name="feed_once", nulls_distinct=False),
        ]
        indexes = [models.Index(fields=["next_at"], name="feed_due", condition=models.Q(state="read"))]


class FeedEntry(models.Model):
    """An entry of a feed in plain text. ``url_key``, ``title_key``: what it is known again by."""

    feed = models.ForeignKey(NewsFeed, on_delete=models.CASCADE, related_name="entries")
    guid = models.TextField()
    url = models.TextField(blank=True)
    url_key = models.TextField(blank=True)
    title = models.CharField(max_length=200)
    title_key = models.TextField(blank=True)
    summary = models.TextField(blank=True)
    author = models.TextField(blank=True)
    at = models.DateTimeField()
    """When it came out as its feed says, or when it was first seen, whichever is earlier."""
    seen_at = models.DateTimeField()
    there_at = models.DateTimeField()
    """When the feed still had it, to the day."""

    class Meta:
        """Once for each feed; the latest are chosen from."""

        constraints = [models.UniqueConstraint(fields=["feed", "guid"], name="feed_entry_once")]
        indexes = [models.Index(fields=["feed", "-at"], name="feed_entry_latest")]
