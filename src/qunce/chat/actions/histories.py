"""Histories that another program wrote: stored and counted like what is said, reacted to never, and taken back.

The way in is that of every batch (`ingest.Flow`), without an account: no lease, no cursor, nothing is set aside.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from qunce.chat.actions import aside, messages, overlaps, partitions, search
from qunce.chat.actions.ingest import Flow, Ingested, is_away
from qunce.chat.actions.overlaps import Claim, Comparison, part
from qunce.chat.actions.recognition import AccountView
from qunce.chat.actions.rollups import count_again
from qunce.chat.models import Account
from qunce.chat.policies import Ranges
from qunce.chat.types import Batch, Inbound, MemberJoined, MemberLeft, MessageReceived, Origin
from qunce.community import selectors as community
from qunce.kernel import live, wire
from qunce.members import actions as members
from qunce.members.types import StayChange

log = logging.getLogger(__name__)
Between: TypeAlias = Callable[[datetime, datetime], Collection[UUID]]
"""Ids of messages that were sent between two moments."""
NOBODY = 0
"""No account has this id."""


def record_history(
    *,
    group_id: int,
    platform: str,
    events: Sequence[Inbound],
    comparison: Comparison | None = None,
    then: Callable[[Ingested], None] = lambda _recorded: None,
) -> Ingested:
    """Take in a portion of a history of one group, in one transaction; some thousand events are a good portion.

    People are those of ``platform``; whatever room the events name, they belong to the group. What cannot be stored
    is among the result's ``refused``; what is here already, by ``comparison``, among its ``claims``. ``then`` gets
    the result within the transaction. No guard: the pipeline's part.
    """
    possible, refused = _possible(events)
    partitions.ensure_for(event.sent_at for event in possible if isinstance(event, MessageReceived))
    with transaction.atomic():
        claims: list[Claim] = []
        if comparison is not None:
            told = [event for event in possible if isinstance(event, MessageReceived)]
            overlaps.hold([group_id])
            new, claims = part(group_id, told, comparison)
            possible = [*new, *(event for event in possible if not isinstance(event, MessageReceived))]
        recorded = _halving(_view(group_id, platform, possible), possible)
        recorded.refused += refused
        recorded.claims = claims
        recorded.repeated += len(claims)
        then(recorded)
    return recorded


def _possible(events: Sequence[Inbound]) -> tuple[list[Inbound], list[tuple[Inbound, str]]]:
    """What may have been said when it says, and what not: where one stamp is wrong, thousands often are."""
    latest = partitions.latest_possible()
    times = [event.sent_at for event in events if isinstance(event, MessageReceived)]
    if not times or (min(times) >= partitions.EARLIEST and max(times) <= latest):
        return list(events), []
    possible: list[Inbound] = []
    refused: list[tuple[Inbound, str]] = []
    for event in events:
        if isinstance(event, MessageReceived) and not partitions.EARLIEST <= event.sent_at <= latest:
            refused.append((event, _("Sent at an impossible time: %(at)s.") % {"at": event.sent_at.isoformat()}))
        else:
            possible.append(event)
    return possible, refused


def _view(group_id: int, platform: str, events: Sequence[Inbound]) -> AccountView:
    """As if an account read this one group: what accounts of ours have said there is ours."""
    rooms = {e.group for e in events if isinstance(e, MessageReceived | MemberJoined | MemberLeft)}
    ours = Account.objects.filter(platform=platform).exclude(external_id="").values_list("external_id", flat=True)
    return AccountView(
        platform=platform,
        external_id="",
        ours=frozenset(ours),
        called=(),
        groups={room: facts for facts in community.group_facts([group_id]) for room in rooms},
        revision=(-1, -1),
    )


def _halving(view: AccountView, events: Sequence[Inbound]) -> Ingested:
    try:
        with transaction.atomic():
            flow = Flow(Batch(NOBODY, Origin.IMPORT, events), view=view)
            recorded = flow.run()
            transaction.on_commit(flow.people.remember)
    except InterfaceError:
        raise
    except OperationalError as error:
        if is_away(error):
            raise
        fault: Exception = error
    except Exception as error:  # noqa: BLE001 (whatever one record does must not stop the others)
        fault = error
    else:
        return recorded
    if len(events) > 1:
        middle = len(events) // 2
        return _halving(view, events[:middle]) + _halving(view, events[middle:])
    if not events:
        raise fault
    if (legible := messages.legible(events[0])) != events[0]:
        return _halving(view, [legible])
    log.info("a record of a history is refused", exc_info=fault)
    return Ingested(refused=[(events[0], aside.sentence(fault))])


def settle_history(*, group_id: int) -> None:
    """Once no further portion comes: the traces of people say when they were first and last heard."""
    with transaction.atomic():
        present = {key: first for key, (first, _last) in _heard(group_id, live_ones=True).items()}
        members.retell_heard(group_id=group_id, heard=_heard(group_id, live_ones=False), present=present)


# ------------------------------------------------------------------ taken back
def remove_history(
    *,
    group_id: int,
    brought: Ranges,
    since: datetime,
    until: datetime,
    also: Between = lambda _since, _until: (),
    spared: Between = lambda _since, _until: (),
) -> int:
    """Take away what was stored under ids in the ranges from histories, sent between the moments.

    ``also``: further ids of messages between two moments; ``spared``: those that stay. A month in each transaction:
    it may be cut off anywhere and begun again. Counts and traces of people are then made true. Returns how many
    messages went. No guard: for whoever has asked.
    """
    gone = 0
    for begin, end in _months(since, until):
        gone += _remove(group_id, brought, (begin, end), also(begin, end), spared(begin, end))
    settle_history(group_id=group_id)
    count_again(group_ids=[group_id])
    return gone


def take_back_turns(*, group_id: int, turns: Collection[StayChange]) -> None:
    """Entries and departures that a history told (as `Ingested.turns`, latest first) are not known any more.

    In the caller's transaction, once for each.
    """
    told = [turn for turn in turns if turn.at is not None]
    members.take_back_stays(changes=turns)
    with connection.cursor() as cursor:
        cursor.execute(
            'UPDATE chat_grouphour h SET joined = h.joined - t.joined, "left" = h."left" - t.gone FROM'
            " (SELECT date_trunc('hour', at, 'UTC') AS hour, count(*) FILTER (WHERE joined) AS joined,"
            " count(*) FILTER (WHERE NOT joined) AS gone FROM unnest(%s::timestamptz[], %s::bool[]) AS t(at, joined)"
            " GROUP BY 1) t WHERE h.group_id = %s AND h.hour = t.hour",
            [[turn.at for turn in told], [turn.joined for turn in told], group_id],
        )
    live.touch(f"group:{group_id}")


def analyse_history(*, since: datetime, until: datetime) -> None:
    """Have the database look at the months that were just filled, so that it plans well from the first page on."""
    names = {partitions.name_of(begin) for begin, _end in _months(since, until)}
    with connection.cursor() as cursor:
        there = names & set(connection.introspection.table_names(cursor))
        for name in [*sorted(there), "chat_memberday", "chat_grouphour"]:
            cursor.execute(f"ANALYZE {name}")


def _remove(
    group_id: int,
    brought: Ranges,
    month: tuple[datetime, datetime],
    also: Collection[UUID],
    spared: Collection[UUID],
) -> int:
    with transaction.atomic():
        with wire.cursor() as cursor:
            cursor.execute(
                "DELETE FROM chat_message WHERE group_id = %b AND sent_at >= %b AND sent_at < %b"
                " AND origin = %b::smallint AND (id IN (SELECT unnest(%b::uuid[])) OR EXISTS (SELECT FROM"
                " unnest(%b::uuid[], %b::uuid[]) AS r(a, b) WHERE id BETWEEN r.a AND r.b))"
                " AND id NOT IN (SELECT unnest(%b::uuid[])) RETURNING sent_at, id",
                [
                    group_id,
                    *month,
                    int(Origin.IMPORT),
                    list(also),
                    [first for first, _last in brought],
                    [last for _first, last in brought],
                    list(spared),
                ],
                binary=True,
            )
            keys = [(group_id, sent_at, key) for sent_at, key in cursor.fetchall()]
        for first in range(0, len(keys), search.PORTION):
            search.remember(keys[first : first + search.PORTION])
    return len(keys)


def _months(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The months of UTC that lie between, or touch, the two moments."""
    begin = since.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while begin <= until:
        end = (begin + timedelta(days=32)).replace(day=1)
        yield begin, end
        begin = end


def _heard(group_id: int, *, live_ones: bool) -> dict[int, tuple[datetime, datetime]]:
    """When each identity was first and last heard in a group: by us, or in what was said before we came."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.identity_id, min(m.sent_at), max(m.sent_at) FROM chat_message m"
            " WHERE m.group_id = %s AND (m.origin = %s) = %s AND NOT m.from_us GROUP BY m.identity_id",
            [group_id, int(Origin.LIVE), live_ones],
        )
        return {identity: (first, last) for identity, first, last in cursor.fetchall()}
