"""Bulk reads: what was said in one group, as columns of numbers, without an object per message.

No guard here: whoever computes from these columns guards what is shown of it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, overload
from zoneinfo import ZoneInfo

import numpy as np
import psycopg
from django.db import connection, transaction
from django.db.models import F, Max, Min, Q, Sum
from numpy.typing import NDArray

from qunce.chat.connector import carried_by_hand
from qunce.chat.models import Gap, GroupHour, MemberDay, Seat
from qunce.kernel import clock

PORTION = 20_000
UNREAD_HOUR = 3_600.0
"""A day of which so many seconds were perhaps not read is not observed."""

# References are compared by their hashes: eight bytes a message instead of two strings.
_SAID = """
SELECT extract(epoch FROM sent_at)::float8, uuid_send(id), identity_id, from_us, hashtextextended(external_id, 0),
    hashtextextended(reply_to, 0), convert_to(text, 'UTF8'),
    CASE WHEN parts IS NULL THEN NULL
        ELSE array(SELECT part #>> '{}' FROM jsonb_path_query(parts, '$[*] ? (@."is" == "mention").who') AS part)
    END
FROM chat_message WHERE group_id = %s AND sent_at >= %s AND sent_at < %s ORDER BY sent_at, id
"""


class Texts(Sequence[str]):
    """Many texts in one piece of memory; each is made when it is asked for, a slice shares the piece."""

    def __init__(self, whole: bytes, ends: NDArray[np.int64], begin: int = 0) -> None:
        self._whole, self._ends, self._begin = whole, ends, begin

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Texts":
        """Texts that are at hand already."""
        pieces = [text.encode() for text in texts]
        return cls(b"".join(pieces), np.cumsum([len(piece) for piece in pieces], dtype=np.int64))

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> "Texts": ...
    def __getitem__(self, index: int | slice) -> "str | Texts":
        """A text, or those from one place to another."""
        if isinstance(index, slice):
            first, last, _step = slice(index.start, index.stop).indices(len(self))
            return Texts(self._whole, self._ends[first:last], self._before(first))
        place = range(len(self))[index]
        return self._whole[self._before(place) : int(self._ends[place])].decode()

    def __iter__(self) -> Iterator[str]:
        """Each in turn."""
        begin = self._begin
        for end in self._ends.tolist():
            yield self._whole[begin:end].decode()
            begin = end

    def piece(self, first: int, last: int) -> bytes:
        """The texts from one place to another, as they lie side by side."""
        return self._whole[self._before(first) : self._before(last)]

    def _before(self, index: int) -> int:
        return int(self._ends[index - 1]) if index else self._begin


@dataclass(frozen=True, slots=True)
class Columns:
    """``n`` messages in the order in which they were sent."""

    at: NDArray[np.float64]
    """[n] seconds since 1970, UTC."""
    ids: NDArray[np.void]
    """[n] sixteen bytes each."""
    identity: NDArray[np.int64]
    ours: NDArray[np.bool_]
    answers: NDArray[np.int32]
    """[n] index of the message that the platform says is answered; -1: none, or not among these."""
    texts: Texts
    mentions: Mapping[int, Sequence[str]]
    """Whom a message mentions (external ids), by its index, where it mentions anybody."""


def columns(group_id: int, since: datetime, until: datetime) -> Columns:
    """The messages of a group from ``since`` to before ``until``."""
    at, ids, identity, ours = [], [], [], []
    own, answered, pieces, lengths = [], [], [], []
    mentions: dict[int, Sequence[str]] = {}
    known = 0
    for rows in _portions(_SAID, [group_id, since, until]):
        sent, key, who, us, name, reply, text, mentioned = zip(*rows, strict=True)
        at.append(np.array(sent, np.float64))
        ids.append(np.frombuffer(b"".join(key), "V16"))
        identity.append(np.array(who, np.int64))
        ours.append(np.array(us, np.bool_))
        own.append(np.array(name, np.int64))
        answered.append(np.array([each or 0 for each in reply], np.int64))
        pieces.append(b"".join(text))
        lengths.append(np.fromiter(map(len, text), np.int64, len(text)))
        mentions |= {known + index: names for index, names in enumerate(mentioned) if names}
        known += len(rows)
    return Columns(
        _joined(at, np.float64),
        np.concatenate(ids) if ids else np.zeros(0, "V16"),
        _joined(identity, np.int64),
        _joined(ours, np.bool_),
        _resolved(_joined(own, np.int64), _joined(answered, np.int64)),
        Texts(b"".join(pieces), np.cumsum(_joined(lengths, np.int64))),
        mentions,
    )


def _joined(parts: Sequence[NDArray[Any]], kind: type[np.generic]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, kind)


def _portions(statement: str, parameters: Sequence[object]) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a statement from a cursor on the server, in binary."""
    with transaction.atomic():
        connection.ensure_connection()
        with psycopg.ServerCursor(connection.connection, "columns") as cursor:
            cursor.execute(statement, parameters, binary=True)
            while rows := cursor.fetchmany(PORTION):
                yield rows


def _resolved(own: NDArray[np.int64], answered: NDArray[np.int64]) -> NDArray[np.int32]:
    """The index of what each message answers, where it was sent before; of several of the same name the latest."""
    found = np.full(own.size, -1, np.int32)
    asking = np.flatnonzero(answered)
    if not asking.size:
        return found
    order = np.argsort(own, kind="stable")
    place = np.searchsorted(own, answered[asking], side="right", sorter=order) - 1
    parent = order[np.maximum(place, 0)]
    true = (place >= 0) & (own[parent] == answered[asking]) & (parent < asking)
    found[asking[true]] = parent[true]
    return found


# ------------------------------------------------------------------ from the roll-ups
@dataclass(frozen=True, slots=True)
class Counted:
    """The first and the last hour in which a group's roll-ups hold anything."""

    first: datetime
    last: datetime


def counted(group_ids: Collection[int]) -> dict[int, Counted]:
    """When anything was counted in groups, by id; those without anything are left out."""
    hours = GroupHour.objects.filter(group_id__among=group_ids).order_by().values_list("group_id")
    return {key: Counted(first, last) for key, first, last in hours.annotate(Min("hour"), Max("hour"))}


def counted_before(group_id: int, moments: Sequence[datetime]) -> list[int]:
    """How much was counted in a group before each of the moments, all as of one: a changed past is known by it."""
    whole = F("messages") + F("bot_messages") + F("joined") + F("left")
    sums = GroupHour.objects.filter(group_id=group_id).aggregate(
        **{f"before_{n}": Sum(whole, filter=Q(hour__lt=moment), default=0) for n, moment in enumerate(moments)}
    )
    return [sums[f"before_{n}"] for n in range(len(moments))]


def active_since(moment: datetime) -> list[int]:
    """Groups in which anything was counted in an hour that had not ended at ``moment``, or later."""
    hours = GroupHour.objects.filter(hour__gt=moment - timedelta(hours=1)).order_by("group_id")
    return list(hours.values_list("group_id", flat=True).distinct())


def turn_counts(group_id: int) -> tuple[int, int]:
    """How many entries and departures were ever counted in a group."""
    sums = GroupHour.objects.filter(group_id=group_id).aggregate(joined=Sum("joined"), left=Sum("left"))
    return sums["joined"] or 0, sums["left"] or 0


def first_days(group_id: int, identity_ids: Collection[int], before: date) -> dict[int, date]:
    """On which day identities first spoke in a group, for those who did before the day ``before``."""
    days = MemberDay.objects.filter(group_id=group_id, identity_id__among=identity_ids, day__lt=before)
    return dict(days.order_by().values_list("identity_id").annotate(Min("day")))


def said_between(group_id: int, first: date, last: date) -> dict[int, int]:
    """How much each identity (no bots, none of ours) said in a group on the days from ``first`` to ``last``."""
    days = MemberDay.objects.filter(group_id=group_id, day__gte=first, day__lte=last)
    return dict(days.order_by().values_list("identity_id").annotate(Sum("messages")))


# ------------------------------------------------------------------ what could be read
@dataclass(frozen=True, slots=True)
class Observation:
    """Which spans of a group's life were not read, and until when it was read in full; seconds since 1970."""

    unread: Sequence[tuple[float, float]]
    until: float | None
    """The present moment where it is read now; None where no account of ours reads it in full."""


def known_since(group_id: int, zone: ZoneInfo) -> datetime | None:
    """From when on we know what was said in a group: the day of its first message, or our first account's coming."""
    heard = GroupHour.objects.filter(group_id=group_id).aggregate(first=Min("hour"))["first"]
    if heard:
        heard = datetime.combine(heard.astimezone(zone).date(), time(), zone)
    came = Seat.objects.filter(group_id=group_id).aggregate(first=Min("joined_at"))["first"]
    return min((at for at in (heard, came) if at), default=None)


def observation(group_id: int) -> Observation:
    """What of a group could not be read: from seats that see less, accounts that are gone or off, and gaps."""
    now = clock.now().timestamp()
    seats = list(Seat.objects.filter(group_id=group_id).select_related("account").order_by("joined_at"))
    reader = next((seat for seat in seats if seat.reads), None)
    unread = [
        (gap.since.timestamp(), gap.until.timestamp())
        for gap in Gap.objects.filter(group_id=group_id, filled_at=None).order_by("since")
    ]
    if reader is None:
        left = [seat.left_at.timestamp() for seat in seats if seat.left_at]
        until = max(left) if left and len(left) == len(seats) else None
    elif reader.reads_less or reader.account.platform in carried_by_hand():
        unread.append((reader.joined_at.timestamp(), now))
        until = None
    else:
        until = now if reader.account.enabled else reader.account.state_at.timestamp()
    if until is not None and until < now:
        unread.append((until, now))
    return Observation(unread, until)
