"""The history of QQ groups, as OneBot implementations give it: page by page, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from qunce.chat.connector import Permanent, gettext_noop
from qunce.chat.connectors import _onebot11_events as events
from qunce.chat.connectors._onebot11_link import Json
from qunce.chat.connectors._onebot11_refusals import Unsupported
from qunce.chat.connectors._onebot11_wire import Wire
from qunce.chat.types import HistoryPage, Inbound, MemberJoined

FILL_PAGES = 10
FILL_PAGE = 100
HOLE = 20
"""Numbers of messages in a row that may be missing from a group: QQ counts its own grey lines too."""

_TOO_MUCH = gettext_noop("More was said while we were away than could be read again.")
_SHORT = gettext_noop("The history of the OneBot implementation does not reach back to when we were away.")
_NO_HISTORY = gettext_noop("The past of a private chat cannot be read.")


@dataclass(slots=True)
class Past:
    """What a group's history holds after a bound, oldest first; ``gap``: why not all of it."""

    said: list[Json] = field(default_factory=list)
    gap: str = ""
    holes: list[tuple[Json, Json]] = field(default_factory=list)


class History:
    """The history of groups, page by page."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def page(self, group: str, before: str | None, count: int) -> list[Json]:
        """Messages before one (as `mark` says it) or the newest ones, oldest first, without that one itself.

        Implementations name the message that a page ends with differently, so each is told in every way.
        Raises Permanent where there is none, and Unsupported.
        """
        number, key, at = (before or "0:0:").split(":")
        asked = {
            "group_id": digits(group),
            "message_seq": digits(number),
            "message_id": digits(key),
            "count": count + (before is not None),
            "reverseOrder": True,
            "reverse_order": True,
            "parse_mult_msg": False,  # NapCat would fetch every forwarded chat within.
        }
        answer = await self._wire.read("get_group_msg_history", asked)
        found = answer.get("messages")
        listed = [each for each in found if _is_message(each)] if isinstance(found, list) else []
        # Some know only the way to the newer ones and give those again: nothing comes before then.
        listed = [each for each in listed if not at or each["time"] <= float(at)]
        if listed and listed[0]["time"] > listed[-1]["time"]:
            listed.reverse()
        listed.sort(key=lambda each: (each["time"], _order(each) or 0))
        ours = next((at for at, each in enumerate(listed) if mark(each) == before), len(listed))
        return listed[:ours]

    async def since(self, group: str, moment: float, last: str) -> Past:
        """What was said after a moment, or after the message ``last`` at that moment."""
        past, before, anchor = Past(gap=_TOO_MUCH), None, None
        for _ in range(FILL_PAGES):
            try:
                page = await self.page(group, before, FILL_PAGE)
            except Unsupported:
                raise
            except Permanent:
                page = []
            if not page:
                past.gap = _SHORT if _ends_early(past.said, last) else ""
                break
            known = next((at for at in reversed(range(len(page))) if _is_known(page[at], moment, last)), None)
            if known is not None:
                past.said, past.gap, anchor = [*page[known + 1 :], *past.said], "", page[known]
                break
            past.said = [*page, *past.said]
            before = mark(page[0])
        row = [anchor, *past.said] if anchor else past.said
        past.holes = [pair for pair in pairwise(row) if _is_hole(*pair)]
        return past

    async def read_back(self, group: str, before: str | None, limit: int, me: str) -> HistoryPage:
        """One page of a group's past, with the newest one also who is in the group now."""
        if group.startswith(events.DIRECT):
            raise Permanent(_NO_HISTORY)
        told: list[Inbound] = await self._members(group, me) if before is None else []
        try:
            page = await self.page(group, before, limit)
        except Unsupported:
            raise
        except Permanent:
            page = []  # That is how an empty history is said.
        told += [event for each in page for event in _readable(each, me)]
        return HistoryPage(told, mark(page[0]) if page else None)

    async def _members(self, group: str, me: str) -> list[Inbound]:
        answer = await self._wire.read("get_group_member_list", {"group_id": digits(group)})
        people = [each for each in answer.get("list", ()) if isinstance(each, dict) and each.get("user_id")]
        return [
            MemberJoined(group, events.member(each), at=_entered(each))
            for each in people
            if events.number(each["user_id"]) != me
        ]


# ------------------------------------------------------------------ messages of a history
def mark(message: Json) -> str:
    """How a message is named as the end of a page: its number in the group, its id, and when it was said."""
    return f"{message.get('message_seq') or message['message_id']}:{message['message_id']}:{message['time']}"


def _order(message: Json) -> int | None:
    """A message's number in its group, where the implementation says it: it grows by one."""
    real = message.get("real_seq")
    if real is None and message.get("message_seq") != message["message_id"]:
        real = message.get("message_seq")
    return int(str(real)) if str(real).isdecimal() else None


def _is_message(found: object) -> bool:
    if not isinstance(found, dict) or not isinstance(found.get("message_id"), int | str):
        return False
    return isinstance(found.get("time"), int | float)


def _is_known(message: Json, moment: float, last: str) -> bool:
    return bool(message["time"] < moment or (last and events.number(message["message_id"]) == last))


def _ends_early(said: Sequence[Json], last: str) -> bool:
    """Whether a history that ended should have gone on: to a message that we know, or to the group's first."""
    return bool(last) or bool(said and (_order(said[0]) or 1) > 1)


def _is_hole(earlier: Json, later: Json) -> bool:
    before, after = _order(earlier), _order(later)
    return before is not None and after is not None and after - before > HOLE


def as_event(message: Json) -> Json:
    """A message of a history as it would have arrived; some implementations leave out what is always the same."""
    return {"post_type": "message", "message_type": "group", **message}


def _readable(message: Json, me: str) -> list[Inbound]:
    try:
        return events.read(as_event(message), me)
    except ValueError:
        return []  # The past is a courtesy: what cannot be read of it is no message on its way.


def _entered(found: Json) -> datetime | None:
    since = found.get("join_time")
    return events.since_epoch(since) if isinstance(since, int) and since > 0 else None


def digits(text: str) -> int | str:
    """An id as actions take it: a number. Some implementations know other ids too."""
    return int(text) if text.removeprefix("-").isdecimal() else text
