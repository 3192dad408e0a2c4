"""Reads of broadcasts in waves: what speaks against going on, and whether the wave before is through."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection
from django.db.models import Min

from qunce.chat import policies
from qunce.chat.connector import connectors
from qunce.chat.models import Account, Broadcast, Delivery, GroupHour
from qunce.chat.selectors import attention
from qunce.chat.types import DeliveryState, Manner, Signals, Waves, from_json
from qunce.community import selectors as community
from qunce.members import selectors as members

MOST_MESSAGES = 5000


def manner_of(broadcast: Broadcast) -> Manner:
    """How a broadcast that the caller may see goes out."""
    return from_json(Manner, broadcast.manner)


def waves_of(broadcast: Broadcast) -> Waves | None:
    """Its waves; None: all at once, and nothing stops it by itself."""
    return manner_of(broadcast).waves


def watched() -> list[int]:
    """Broadcasts in waves that are under way, and not stopped."""
    found = Broadcast.objects.filter(next_wave_at__isnull=False, stopped_at=None)
    return list(found.order_by("pk").values_list("pk", flat=True))


def next_wave(broadcast: Broadcast) -> int | None:
    """The number of the next wave that still has somebody in it."""
    held = Delivery.objects.filter(broadcast=broadcast, state=DeliveryState.HELD, wave__gt=broadcast.wave)
    number: int | None = held.aggregate(Min("wave"))["wave__min"]
    return number


def is_through(broadcast: Broadcast) -> bool:
    """Whether everything of the released waves is decided; what people carry over by hand is not waited for."""
    by_hand = [key for key in connectors if connectors[key].capabilities.by_hand]
    carried = Account.objects.filter(platform__in=by_hand).values_list("pk", flat=True) if by_hand else []
    still_open = Delivery.objects.filter(
        broadcast=broadcast, state__in=[DeliveryState.PLANNED, DeliveryState.CLAIMED]
    )
    return not still_open.exclude(account_id__in=list(carried)).exists()


# ------------------------------------------------------------------ what speaks against going on
def signals(broadcast: Broadcast) -> Signals:
    """What has happened since its messages were on their way; people are counted once per group.

    Somebody may answer before our account hears that the message is there, and platforms may cut stamps to seconds.
    """
    of_it = Delivery.objects.filter(broadcast=broadcast)
    sent = of_it.filter(state=DeliveryState.SENT, sent_at__isnull=False)
    since: dict[int, datetime] = {
        key: min(at for at in times if at).replace(microsecond=0)
        for key, *times in sent.values_list("group_id", "claimed_at", "sent_at")
    }
    return Signals(
        failed=of_it.filter(state=DeliveryState.FAILED).count(),
        left=_left(since),
        complaints=_complaints(since),
    )


def _left(since: Mapping[int, datetime]) -> int:
    """The hours tell in which groups it is worth looking for those who left."""
    if not since:
        return 0
    first = min(since.values()).replace(minute=0, second=0, microsecond=0)
    hours = GroupHour.objects.filter(group_id__among=list(since), hour__gte=first, left__gt=0)
    losing = set(hours.values_list("group_id", flat=True))
    return sum(members.departures({key: since[key] for key in losing}).values()) if losing else 0


_SAID = """
SELECT m.group_id, m.identity_id, m.text FROM unnest(%s::bigint[], %s::timestamptz[]) AS g(id, since)
JOIN chat_message m ON m.group_id = g.id AND m.sent_at > g.since
WHERE m.sent_at > %s AND NOT m.from_us AND length(m.text) <= %s
AND lower(normalize(m.text, NFKC)) LIKE ANY(%s) LIMIT %s
"""


def _complaints(since: Mapping[int, datetime]) -> int:
    """How many people said in a group that it is too much, in the words of its community."""
    words = _words(since) if since else {}
    wanted = {f"%{_escaped(word.casefold())}%" for each in words.values() for word in each}
    if not wanted:
        return 0
    first, longest = min(since.values()), policies.LONGEST_COMPLAINT
    with connection.cursor() as cursor:
        cursor.execute(_SAID, [list(since), list(since.values()), first, longest, sorted(wanted), MOST_MESSAGES])
        said = cursor.fetchall()
    return len({(key, who) for key, who, text in said if policies.is_complaint(text, words.get(key, ()))})


def _words(groups: Mapping[int, datetime]) -> dict[int, tuple[str, ...]]:
    facts = community.group_facts(groups)
    rules = attention.restraints({each.community_id for each in facts})
    return {each.id: rules[each.community_id].complaints for each in facts}


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
