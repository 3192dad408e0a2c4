"""That items are used: handed on in groups, read on pages, rated."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from qunce.chat import policies as chat_policies
from qunce.chat import selectors as chat
from qunce.content.models import Brief, Item, ItemRating, ItemUse
from qunce.content.selectors import briefs, visits
from qunce.content.types import Use, UseWay
from qunce.kernel import clock
from qunce.kernel.errors import Invalid
from qunce.members.selectors import Visit

MOST_STARS = 5


def note_uses(*, uses: Sequence[Use], at: datetime) -> None:
    """Keep that items are handed on, in the caller's transaction and one statement; each key counts once."""
    if not uses:
        return
    rows = [
        (each.item_id, each.version_id, each.key, each.way, each.group_id, each.identity_id, each.token)
        for each in uses
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO content_itemuse (item_id, version_id, key, way, group_id, identity_id, token, at, times,"
            " opened) SELECT given.*, %s, 1, 0 FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[],"
            " %s::bigint[], %s::bigint[], %s::text[]) AS given ON CONFLICT (item_id, key) DO NOTHING",
            [at, *(list(column) for column in zip(*rows, strict=True))],
        )


@transaction.atomic
def note_broadcast(*, broadcast_id: int, about: str) -> None:
    """A broadcast passes an item on, or the items of a brief: each of its messages is a use, in whatever state."""
    kind, _colon, key = about.partition(":")
    if kind == "item":
        way, item_ids = UseWay.BY_HAND, [int(key)]
    elif kind == "brief":
        lines = briefs.lines_of(Brief.objects.get(pk=int(key)))
        way, item_ids = UseWay.BRIEF, [int(line.key[5:]) for line in lines if line.key.startswith("item:")]
    else:
        return
    rows = Item.objects.filter(pk__in=item_ids).order_by("pk")
    found = chat.keys_of(broadcast_id)
    uses = [Use(row.pk, row.published_id, key, way, group_id) for row in rows for key, group_id in found]
    note_uses(uses=uses, at=clock.now())


@transaction.atomic
def open_item(*, visit: Visit, item_id: int) -> None:
    """A member reads an item of the library on their own pages: counted once per visit's link and day as one use.

    Raises NotFound where it is not open to them.
    """
    row = visits.item_in_library(visit, item_id)
    _read(row.pk, row.published_id, f"visit:{visit.link.pk}", UseWay.MEMBER_PAGE)


@transaction.atomic
def follow_item(*, token: str, user_agent: str) -> None:
    """Somebody opens an item by an address that was handed on; programs that draw a preview are not counted."""
    row, use = visits.item_at(token)
    if chat_policies.is_machine(user_agent):
        return
    if use is None:
        _read(row.pk, row.published_id, "address", UseWay.MEMBER_PAGE)
    else:
        ItemUse.objects.filter(pk=use.pk).update(opened=F("opened") + 1)


def note_reading(*, item: Item) -> None:
    """Somebody has read an item on a public site: counted by day, without who it was."""
    _read(item.pk, item.published_id, "site", UseWay.SITE)


def _read(item_id: int, version_id: int | None, reader: str, way: UseWay) -> None:
    key = f"{reader}:{item_id}:{clock.now():%Y%m%d}"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO content_itemuse AS used (item_id, version_id, key, way, at, times, token, opened)"
            " VALUES (%s, %s, %s, %s, %s, 1, '', 0)"
            " ON CONFLICT (item_id, key) DO UPDATE SET times = used.times + 1, at = EXCLUDED.at",
            [item_id, version_id, key, way, clock.now()],
        )


@transaction.atomic
def rate_item(*, visit: Visit, item_id: int, stars: int) -> None:
    """A member says what they think of an item; saying it again replaces what they said."""
    if not 1 <= stars <= MOST_STARS:
        raise Invalid(_("From one to five stars."), field="stars")
    row = visits.item_in_library(visit, item_id)
    ItemRating.objects.update_or_create(
        item=row, member_id=visit.member.pk, defaults={"stars": stars, "at": clock.now()}
    )
