"""Reads of feeds and their entries."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, QuerySet

from qunce.content.models import FeedEntry, NewsFeed
from qunce.content.policies import briefs as policies
from qunce.content.types import Candidate, FeedState
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotAllowed, NotFound

MOST_CANDIDATES = 1000


def visible_feeds(actor: Actor, permission: Permission = Permission.VIEW) -> QuerySet[NewsFeed]:
    """Feeds of communities in which the actor holds ``permission``, by title; everybody's are seen by everybody."""
    found = NewsFeed.objects.select_related("community").order_by("title", "pk")
    if not actor.may_anywhere(Permission.VIEW):
        return found.none()
    allowed = actor.communities(permission)
    if allowed is None:
        return found
    return found.filter(Q(community__in=allowed) | Q(community=None, pk__isnull=permission is not Permission.VIEW))


def feed(actor: Actor, feed_id: int, permission: Permission = Permission.VIEW) -> NewsFeed:
    """One of them. NotFound where the actor may not see it, NotAllowed where that is all."""
    found = visible_feeds(actor).filter(pk=feed_id).first()
    if found is None:
        raise NotFound
    if permission is not Permission.VIEW and not actor.may(permission, found.community_id):
        raise NotAllowed(permission=permission)
    return found


def in_trouble(actor: Actor) -> int:
    """How many of the feeds that the actor sees cannot be read, and nobody has paused."""
    return visible_feeds(actor).exclude(error="").exclude(state=FeedState.PAUSED).count()


def entries_of(actor: Actor, feed_id: int) -> QuerySet[FeedEntry]:
    """What a feed has had, the latest first."""
    return FeedEntry.objects.filter(feed=feed(actor, feed_id)).order_by("-at", "-pk")


def feeds_for(community_id: int) -> QuerySet[NewsFeed]:
    """Feeds that briefs of a community may be made of, by title. No guard: for who may see the community."""
    return NewsFeed.objects.filter(Q(community=community_id) | Q(community=None)).order_by("title", "pk")


def candidates(community_id: int, weights: dict[int, int], since: datetime) -> list[Candidate]:
    """What came out since then in the feeds of a plan, the latest first. No guard: for what makes briefs."""
    found = FeedEntry.objects.filter(feed__in=_chosen(community_id, weights), at__gte=since)
    rows = found.order_by("-at", "-pk").values_list("pk", "feed_id", "feed__title", "title", "summary", "url", "at")
    return [Candidate(*row, weight=weights.get(row[1], 1)) for row in rows[:MOST_CANDIDATES]]


def _chosen(community_id: int, weights: Collection[int]) -> QuerySet[NewsFeed]:
    found = feeds_for(community_id).exclude(state=FeedState.PAUSED).order_by()
    return found.filter(pk__in=list(weights)) if weights else found


def line_candidates(actor: Actor, entry_ids: Collection[int]) -> list[Candidate]:
    """Entries by their ids, of feeds that the actor sees."""
    rows = FeedEntry.objects.filter(pk__in=list(entry_ids), feed__in=visible_feeds(actor).order_by())
    fields = ("pk", "feed_id", "feed__title", "title", "summary", "url", "at")
    return [Candidate(*row) for row in rows.values_list(*fields)]


def last_days(now: datetime) -> datetime:
    """Since when entries are news."""
    return now - policies.OLDEST
