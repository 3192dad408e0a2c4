"""What a history tells that is here already: under the same id, or under another one by when, who and what.

Programs that export have ids of their own, or none. Messages are compared as often as they are said: of two equal
ones within a minute, one that is here makes one of the history's known.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from qunce.chat.actions.search import Key
from qunce.chat.policies import Ranges, within
from qunce.chat.types import Content, Media, MessageReceived, Origin
from qunce.community.types import GroupFacts
from qunce.kernel import locks, wire
from qunce.kernel.folding import normalise
from qunce.members.selectors import columns as members

MINUTE = timedelta(minutes=1)
_APART = timedelta(hours=1)
"""Moments that are further apart are looked up by themselves."""
_CHANGED = "\0changed"
"""In the place of words that are not those any more that were said."""
_CALLS = re.compile(r"@\S+")


class Claim(NamedTuple):
    """A message that is here already, and under which id the history tells it."""

    key: Key
    told_as: str = ""
    """Empty where it is the same."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a history is compared with what is here.

    ``own_ids``: its ids are the platform's; then only what other histories (``others``) brought may have other ids.
    ``imported``: all that other histories brought, also what an account has read back since: their times may have no
    seconds. ``by_name``: it tells people by name alone. ``coarse``: its times may have none either. ``mine``: what it
    has itself stored so far. ``claims``: what it has found here so far, between two moments.
    """

    own_ids: bool = False
    by_name: bool = False
    coarse: bool = False
    mine: Ranges = ()
    others: Ranges = ()
    imported: Ranges = ()
    claims: Callable[[datetime, datetime], Collection[Claim]] = lambda _since, _until: ()

    def after(self, stored: Sequence[Key]) -> "Comparison":
        """Once the history has stored these messages, too."""
        if not stored:
            return self
        ids = [key for _group, _at, key in stored]
        return replace(self, mine=[*self.mine, (min(ids), max(ids))])


class _Here(NamedTuple):
    """A message that is here."""

    sent_at: datetime
    id: UUID
    external_id: str
    identity_id: int
    text: str
    parts: Sequence[Mapping[str, Any]] | None
    origin: int
    is_changed: bool
    """Since it was sent, it was edited or taken back."""


def part(
    group_id: int, told: Sequence[MessageReceived], comparison: Comparison
) -> tuple[list[MessageReceived], list[Claim]]:
    """What is not here yet, and what is."""
    if not told:
        return [], []
    here = _around(group_id, [each.sent_at for each in told])
    by_id = {(each.external_id, each.sent_at): each.id for each in here}
    new: list[MessageReceived] = []
    claims: list[Claim] = []
    for message in told:
        if key := by_id.get((message.external_id, message.sent_at)):
            claims.append(Claim((group_id, message.sent_at, key)))
        else:
            new.append(message)
    if not new or not (apart := [each for each in here if _may_be(each, comparison)]):
        return new, claims
    before = [*claims, *comparison.claims(apart[0].sent_at, apart[-1].sent_at)]
    found = _Found(group_id, apart, comparison, before)
    absent = []
    for message in sorted(new, key=_sent_at):
        if claim := found.take(message):
            claims.append(claim)
        else:
            absent.append(message)
    return absent, claims


def _sent_at(message: MessageReceived) -> datetime:
    return message.sent_at


# ------------------------------------------------------------------ what is here
def _around(group_id: int, moments: Sequence[datetime], origins: Collection[Origin] = tuple(Origin)) -> list[_Here]:
    """The messages of the group around these moments, in order of time."""
    begins, ends = zip(*_spans(sorted(moments)), strict=True)
    with wire.cursor() as cursor:
        cursor.execute(
            "SELECT m.sent_at, m.id, m.external_id, m.identity_id, m.text, m.parts, m.origin,"
            " coalesce(m.edited_at, m.deleted_at) IS NOT NULL"
            " FROM unnest(%b::timestamptz[], %b::timestamptz[]) AS s(begin, until) JOIN chat_message m"
            " ON m.group_id = %b AND m.sent_at >= s.begin AND m.sent_at < s.until AND m.origin = ANY(%b::smallint[])"
            " ORDER BY m.sent_at, m.id",
            [list(begins), list(ends), group_id, list(map(int, origins))],
            binary=True,
        )
        return [_Here(*row) for row in cursor.fetchall()]


def _spans(moments: Sequence[datetime]) -> Iterator[tuple[datetime, datetime]]:
    """Stretches that hold the moments, each with its whole minute; not those between that are far from any."""
    begin = last = moments[0]
    for at in moments:
        if at - last > _APART:
            yield _minute(begin), _minute(last) + MINUTE
            begin = at
        last = at
    yield _minute(begin), _minute(last) + MINUTE


def _minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def _may_be(here: _Here, comparison: Comparison) -> bool:
    """Whether a message that is here may have another id in the history."""
    if comparison.own_ids:
        return here.origin == Origin.IMPORT and within(here.id, comparison.others)
    return here.origin != Origin.IMPORT or not within(here.id, comparison.mine)


# ------------------------------------------------------------------ read back by an account
def hold(group_ids: Collection[int]) -> None:
    """Until the transaction ends nobody else compares with what is in these groups."""
    for group_id in sorted(group_ids):
        locks.name(f"overlaps:{group_id}")


def read_back(groups: Mapping[str, GroupFacts], told: Sequence[MessageReceived]) -> set[tuple[str, str]]:
    """Which of the messages that an account reads back a history has brought here before, by room and id.

    They are the platform's from now on: they get its ids, so that answers, edits and deletions find them, and stay
    when the history is taken back. ``groups``: those that the account reads, by room.
    """
    by_group: dict[int, list[MessageReceived]] = defaultdict(list)
    for message in told:
        if message.group in groups:
            by_group[groups[message.group].id].append(message)
    hold(by_group)
    known: set[tuple[str, str]] = set()
    for group_id, messages in by_group.items():
        here = _around(group_id, [each.sent_at for each in messages], (Origin.IMPORT, Origin.BACKFILL))
        ids = {_named(message): message for message in messages}
        claims = [(Claim(_key(group_id, each)), ids[_named(each)]) for each in here if _named(each) in ids]
        known |= {(message.group, message.external_id) for _claim, message in claims}
        apart = [each for each in here if each.origin == Origin.IMPORT and _named(each) not in ids]
        found = _Found(group_id, apart, Comparison(), ())
        left = [each for each in messages if (each.group, each.external_id) not in known] if apart else []
        claims += [(claim, each) for each in sorted(left, key=_sent_at) if (claim := found.take(each))]
        known |= {(message.group, message.external_id) for _claim, message in claims}
        _adopt(group_id, claims)
    return known


def _named(message: MessageReceived | _Here) -> tuple[str, datetime]:
    """An id, and when: what a history has told to the minute has no seconds."""
    return message.external_id, _minute(message.sent_at)


def _key(group_id: int, here: _Here) -> Key:
    return group_id, here.sent_at, here.id


def _adopt(group_id: int, claims: Sequence[tuple[Claim, MessageReceived]]) -> None:
    if not claims:
        return
    with wire.cursor() as cursor:
        cursor.execute(
            "UPDATE chat_message m SET origin = %b::smallint, external_id = t.e, reply_to = coalesce(t.r, m.reply_to)"
            " FROM unnest(%b::timestamptz[], %b::uuid[], %b::text[], %b::text[]) AS t(s, i, e, r)"
            " WHERE m.group_id = %b AND m.sent_at = t.s AND m.id = t.i",
            [
                int(Origin.BACKFILL),
                [claim.key[1] for claim, _message in claims],
                [claim.key[2] for claim, _message in claims],
                [message.external_id for _claim, message in claims],
                [message.reply_to for _claim, message in claims],
                group_id,
            ],
            binary=True,
        )


# ------------------------------------------------------------------ what is the same
class _Found:
    """Messages that are here, each to be found once."""

    def __init__(
        self, group_id: int, here: Sequence[_Here], comparison: Comparison, before: Collection[Claim]
    ) -> None:
        taken = {claim.key[2] for claim in before}
        self._group_id, self._comparison = group_id, comparison
        self._told = {claim.told_as: claim for claim in before if claim.told_as}
        self._here: dict[tuple[str, datetime], list[_Here]] = defaultdict(list)
        for each in here:
            if each.id not in taken:
                said = _CHANGED if each.is_changed else _said(each.text, each.parts)
                self._here[said, _minute(each.sent_at)].append(each)
        self._speakers = members.speakers({each.identity_id for each in here})

    def take(self, message: MessageReceived) -> Claim | None:
        """The message that this one is, if it is here; nobody else is it then. What is told twice is the same."""
        if known := self._told.get(message.external_id):
            return known
        said = _said(message.text, Content(message.parts).to_json() if message.parts else None)
        for words in (said, _CHANGED):
            alike = self._here.get((words, _minute(message.sent_at)), [])
            for place, each in enumerate(alike):
                if self._same(each, message):
                    del alike[place]
                    claim = Claim(_key(self._group_id, each), message.external_id)
                    self._told[message.external_id] = claim
                    return claim
        return None

    def _same(self, here: _Here, message: MessageReceived) -> bool:
        """Whether somebody said it then, as far as the history can tell."""
        coarse = self._to_the_minute(here) or (self._comparison.coarse and not message.sent_at.second)
        if (here.is_changed or not coarse) and not _same_second(here.sent_at, message.sent_at):
            return False
        who, sender = self._speakers.get(here.identity_id), message.sender
        if who is None:
            return False
        by_name = self._comparison.by_name or who.external_id.endswith(f":{who.name}")
        return who.external_id == sender.external_id or (by_name and normalise(who.name) == normalise(sender.name))

    def _to_the_minute(self, here: _Here) -> bool:
        """Whether its time may have no seconds."""
        if here.sent_at.second or here.sent_at.microsecond:
            return False
        return here.origin == Origin.IMPORT or within(here.id, self._comparison.imported)


def _same_second(one: datetime, other: datetime) -> bool:
    return one.astimezone(UTC).replace(microsecond=0) == other.astimezone(UTC).replace(microsecond=0)


def _said(text: str, parts: Sequence[Mapping[str, Any]] | None) -> str:
    """What is compared: words without whom they call, and of files their kinds, for their names are never alike."""
    kinds = ""
    if parts and any(part["is"] == "media" for part in parts):
        kinds = " ".join(_KINDS.get(part["kind"], part["kind"]) for part in parts if part["is"] == "media")
        text = Content(tuple(part for part in Content.from_json(parts).parts if not isinstance(part, Media))).plain
    return f"{kinds}\0{normalise(_CALLS.sub('', text) if '@' in text else text)}"


_KINDS = {"sticker": "image"}
