"""Every change of feeds: adding them, reading them, and what happens where one cannot be read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community import selectors as community
from qunce.content.models import FeedEntry, NewsFeed
from qunce.content.policies import feeds as policies
from qunce.content.policies.feeds import NotAFeedError, TooLargeError
from qunce.content.selectors import feeds as reads
from qunce.content.types import FeedState, FoundEntry, FoundFeed, Outline
from qunce.content.types.feeds import LONGEST_ADDRESS, LONGEST_ENTRY_TITLE
from qunce.kernel import audit, clock, live, locks, outside
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid
from qunce.kernel.outside import AwayError, RefusedError
from qunce.team import actions as team
from qunce.team.types import Severity

TOPIC = "briefs"
"""Live topic of feeds and briefs."""
EVERY: Final = timedelta(minutes=20)
LEASE: Final = timedelta(minutes=10)
"""So long nobody else reads a feed that a worker has taken."""
LONGEST_WAIT: Final = timedelta(hours=12)
PATIENCE: Final = timedelta(days=14)
"""A feed that could not be read for so long is not read any more."""
SAME_TITLE_WITHIN: Final = timedelta(days=3)
AT_ONCE = 40
MOST_NAMED = 3
MOST_IN_A_LIST = 500
GONE = 410
AWAY = gettext_noop("Its server could not be reached, or is at its limit.")
IS_GONE = gettext_noop("Its server says that it is gone for good.")
NO_FEED = gettext_noop("What is at this address is no feed.")
NOT_THERE = gettext_noop("Its server says that there is nothing at this address.")
NOT_FOR_US = gettext_noop("Its server does not let us read it.")
_BY_STATUS = {401: NOT_FOR_US, 403: NOT_FOR_US, 404: NOT_THERE, GONE: IS_GONE}
STOPPED = gettext_noop("The feed “%(title)s” is not read any more: %(reason)s")


@dataclass(frozen=True, slots=True)
class Read:
    """What was at an address. ``found`` None: nothing new since the last time."""

    url: str
    found: FoundFeed | None
    etag: str = ""
    modified: str = ""
    named: list[str] = field(default_factory=list)


def _call(url: str, *, etag: str = "", modified: str = "") -> Read:
    """Ask for a feed. Raises RefusedError, AwayError, NotAFeedError, TooLargeError."""
    headers = {"Accept": "application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.5"}
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"If-Modified-Since": modified} if modified else {}
    answer = outside.call(url=url, headers=headers, inside=settings.WEBHOOKS_INSIDE, plain=True, follow=True)
    if answer.status == outside.NOT_MODIFIED:
        return Read(answer.url, None, etag, modified)
    told = answer.headers
    body = policies.unpacked(answer.body, told.get("content-encoding", ""), outside.LARGEST)
    kind = told.get("content-type", "")
    try:
        found = policies.read(body, content_type=kind, url=answer.url, now=clock.now())
    except NotAFeedError:
        if named := policies.feeds_named_in(body, answer.url):
            return Read(answer.url, None, named=named)
        raise
    return Read(answer.url, found, told.get("etag", "")[:500], told.get("last-modified", "")[:100])


# ------------------------------------------------------------------ adding
@dataclass(frozen=True, slots=True)
class Looked:
    """A feed that could be added: its address, and what it says."""

    url: str
    found: FoundFeed


def look_at(*, actor: Actor, url: str) -> list[Looked]:
    """The feeds at an address, which may be that of a page that names some. Calls out. Raises Invalid."""
    if not actor.may_anywhere(Permission.OPERATE):
        actor.require(Permission.OPERATE)
    first = _looked(_written(url))
    if first.found is not None:
        return [Looked(_written(url), first.found)]
    found = []
    for named in first.named[:MOST_NAMED]:
        try:
            read = _looked(named)
        except Invalid:
            continue
        if read.found is not None:
            found.append(Looked(named, read.found))
    if not found:
        raise Invalid(_(NO_FEED), field="url")
    return found


def _looked(url: str) -> Read:
    try:
        return _call(url)
    except (RefusedError, AwayError, NotAFeedError, TooLargeError) as error:
        raise Invalid(_(_reason(error)), fix=_("Open the address in a browser and look."), field="url") from error


def _reason(error: Exception) -> str:
    if isinstance(error, RefusedError):
        return _BY_STATUS.get(error.status, error.reason)
    if isinstance(error, TooLargeError):
        return outside.TOO_LARGE
    return NO_FEED if isinstance(error, NotAFeedError) else AWAY


def _written(url: str) -> str:
    """The address as it is kept; one without a scheme is one of the web. Raises Invalid."""
    url = url.strip()
    if url.startswith("feed:"):
        url = url.removeprefix("feed:").removeprefix("//")
    if "://" not in url:
        url = f"https://{url}"
    if len(url) > LONGEST_ADDRESS or not outside.may_be_called(url=url, inside=True):
        raise Invalid(_("This is not a web address; it begins with https://."), field="url")
    return url


@transaction.atomic
def add_feed(*, actor: Actor, url: str, title: str, community_id: int | None) -> NewsFeed:
    """Read a feed from now on, for a community or (None) for all of them. Raises Conflict where it is read so."""
    _require(actor, community_id)
    made, new = _added(actor, Outline(_written(url), title), community_id)
    if not new:
        raise Conflict(_("This feed is read already: “%(title)s”.") % {"title": made.title})
    return made


@transaction.atomic
def import_feeds(*, actor: Actor, listed: Iterable[Outline], community_id: int | None) -> tuple[int, int]:
    """Read the feeds of a list from now on; returns how many are new, and how many were known."""
    _require(actor, community_id)
    wanted = list(listed)[:MOST_IN_A_LIST]
    if not wanted:
        raise Invalid(_("There is no feed in this file."), fix=_("Export OPML from your feed reader."), field="file")
    new = sum(_added(actor, each, community_id)[1] for each in wanted)
    return new, len(wanted) - new


def _added(actor: Actor, wanted: Outline, community_id: int | None) -> tuple[NewsFeed, bool]:
    now = clock.now()
    title = " ".join(wanted.title.split())[:LONGEST_ENTRY_TITLE] or wanted.url[:LONGEST_ENTRY_TITLE]
    locks.name(f"feed:{wanted.url}")
    if known := NewsFeed.objects.filter(community=community_id, url=wanted.url).first():
        return known, False
    made = NewsFeed.objects.create(
        community_id=community_id,
        url=wanted.url,
        title=title,
        next_at=now,
        created_at=now,
        created_by_name=actor.name,
    )
    _note(actor, made, "feed.added", gettext_noop("%(actor)s added the feed “%(title)s”."))
    return made, True


@transaction.atomic
def change_feed(*, actor: Actor, feed_id: int, title: str) -> NewsFeed:
    """Call a feed otherwise."""
    row = _locked(actor, feed_id)
    title = " ".join(title.split())[:LONGEST_ENTRY_TITLE]
    if not title:
        raise Invalid(_("This is needed."), field="title")
    if title != row.title:
        row.title = title
        row.save(update_fields=["title"])
        _note(actor, row, "feed.changed", gettext_noop("%(actor)s renamed a feed “%(title)s”."))
    return row


@transaction.atomic
def pause_feed(*, actor: Actor, feed_id: int) -> NewsFeed:
    """Read it no more until somebody wants it again; its entries are in no brief meanwhile."""
    row = _locked(actor, feed_id)
    if row.state != FeedState.PAUSED:
        row.state = FeedState.PAUSED
        row.save(update_fields=["state"])
        team.resolve_alert(key=_alert(row))
        _note(actor, row, "feed.paused", gettext_noop("%(actor)s paused the feed “%(title)s”."))
    return row


@transaction.atomic
def resume_feed(*, actor: Actor, feed_id: int) -> NewsFeed:
    """Read it again, and at once."""
    row = _locked(actor, feed_id)
    row.next_at = clock.now()
    if row.state != FeedState.READ:
        row.state, row.failures, row.failing_since = FeedState.READ, 0, None
        team.resolve_alert(key=_alert(row))
        _note(actor, row, "feed.resumed", gettext_noop("%(actor)s has the feed “%(title)s” read again."))
    row.save()
    return row


@transaction.atomic
def remove_feed(*, actor: Actor, feed_id: int) -> None:
    """Forget a feed and its entries; briefs that have some keep what they say."""
    row = _locked(actor, feed_id)
    team.resolve_alert(key=_alert(row))
    _note(actor, row, "feed.removed", gettext_noop("%(actor)s removed the feed “%(title)s”."))
    row.delete()


# ------------------------------------------------------------------ reading
def read_due_feeds() -> int:
    """Read the feeds whose time has come; returns how many. Several workers share them; none is read by two."""
    done = 0
    while done < AT_ONCE and (row := _taken()) is not None:
        done += 1
        try:
            read = _call(row.url, etag=row.etag, modified=row.modified)
            if read.named:
                raise NotAFeedError  # noqa: TRY301 (a page is there now)
        except (RefusedError, AwayError, NotAFeedError, TooLargeError) as error:
            _failed(row.pk, error)
        else:
            _stored(row.pk, read)
    return done


@transaction.atomic
def _taken() -> NewsFeed | None:
    """One that is due, for this worker alone."""
    now = clock.now()
    due = NewsFeed.objects.select_for_update(skip_locked=True).filter(state=FeedState.READ, next_at__lte=now)
    row = due.order_by("next_at", "pk").first()
    if row is not None:
        row.next_at = now + LEASE
        row.save(update_fields=["next_at"])
    return row


@transaction.atomic
def _stored(feed_id: int, read: Read) -> None:
    row = NewsFeed.objects.select_for_update().filter(pk=feed_id).first()
    if row is None:
        return
    now = clock.now()
    if read.found is not None:
        _keep(row, read.found.entries, now)
        row.site = read.found.site or row.site
    row.etag, row.modified = read.etag, read.modified
    row.read_at, row.next_at = now, now + EVERY
    row.failures, row.failing_since, row.error = 0, None, ""
    row.save()
    live.touch(TOPIC)


def _keep(row: NewsFeed, entries: Iterable[FoundEntry], now: datetime) -> None:
    """Store what is new. The same is what has the same id, or address, or within a few days the same title."""
    oldest = now - policies.KEPT
    known = FeedEntry.objects.filter(feed=row)
    found = list(entries)
    there = known.filter(guid__in=[each.guid for each in found])
    there.filter(there_at__lt=now - timedelta(days=1)).update(there_at=now)
    guids = set(there.values_list("guid", flat=True))
    addresses = set(known.exclude(url_key="").values_list("url_key", flat=True))
    titles = set(known.filter(at__gte=now - SAME_TITLE_WITHIN).values_list("title_key", flat=True))
    new = []
    for each in found:
        at = each.published_at or now
        url_key, title_key = policies.url_key(each.url), policies.title_key(each.title)
        recent = at >= now - SAME_TITLE_WITHIN
        same = each.guid in guids or url_key in addresses or (recent and title_key in titles)
        if same or at < oldest:
            continue
        guids.add(each.guid)
        addresses |= {url_key} if url_key else set()
        titles |= {title_key} if recent and title_key else set()
        new.append(
            FeedEntry(
                feed=row,
                guid=each.guid,
                url=each.url,
                url_key=url_key,
                title=each.title,
                title_key=title_key,
                summary=each.summary,
                author=each.author,
                at=at,
                seen_at=now,
                there_at=now,
            )
        )
    FeedEntry.objects.bulk_create(new)
    known.filter(there_at__lt=oldest).delete()


@transaction.atomic
def _failed(feed_id: int, error: Exception) -> None:
    """Again later, each time later; after two weeks, or where it is gone for good, no more."""
    row = NewsFeed.objects.select_for_update().filter(pk=feed_id).first()
    if row is None:
        return
    now = clock.now()
    row.failures += 1
    row.failing_since = row.failing_since or now
    row.error = _reason(error)
    row.next_at = now + min(LONGEST_WAIT, EVERY * 2 ** min(row.failures - 1, 10))
    gone = isinstance(error, RefusedError) and error.status == GONE
    if row.state == FeedState.READ and (gone or now - row.failing_since >= PATIENCE):
        row.state = FeedState.FAILED
        team.raise_alert(
            key=_alert(row),
            severity=Severity.WARNING,
            sentence=STOPPED,
            params={"title": row.title, "reason": _(row.error)},
            url="/content/briefs/feeds/",
            community_id=row.community_id,
        )
    row.save()
    live.touch(TOPIC)


# ------------------------------------------------------------------ within
def _alert(row: NewsFeed) -> str:
    return f"feed:{row.pk}"


def _require(actor: Actor, community_id: int | None) -> None:
    if community_id is None:
        actor.require(Permission.OPERATE)
    else:
        community.community(actor, community_id, Permission.OPERATE)


def _locked(actor: Actor, feed_id: int) -> NewsFeed:
    reads.feed(actor, feed_id, Permission.OPERATE)
    return locks.row(NewsFeed, feed_id)


def _note(actor: Actor, row: NewsFeed, action: str, sentence: str) -> None:
    audit.record(actor, action, sentence, community_id=row.community_id, about=("feed", row.pk), title=row.title)
    live.touch(TOPIC)
