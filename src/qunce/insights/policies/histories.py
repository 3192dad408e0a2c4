"""What becomes of a history's entries on their way into the house: who is who, what is left out, what is counted."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Any, TypeAlias

from qunce.chat.types import MemberJoined, MemberLeft, MessageReceived, Sender
from qunce.insights.policies.aliases import Called, proposals
from qunce.insights.policies.relays import Lines, unwrapped
from qunce.insights.types import Alias, Entry, Options, Relay, Skip, Skipped

PORTION = 2000
"""Entries that are taken over in one transaction."""
PLACES = 20
"""How many places are kept per reason why something was skipped."""
_LONGEST = 255
_ARROW = " → "

Taken: TypeAlias = MessageReceived | MemberJoined | MemberLeft


@dataclass(frozen=True, slots=True)
class Portion:
    """Entries in a row, from the ``start``-th on: events as the house takes them, and what is skipped."""

    start: int
    events: Sequence[Taken]
    skipped: Sequence[Skipped]

    @property
    def end(self) -> int:
        """How many entries are done after it."""
        return self.start + len(self.events) + len(self.skipped)


def relayed(relay: str, name: str, names: Mapping[str, str] | None) -> str:
    """The id of somebody for whom a relay speaks: of the sender who is called so, else one of their own.

    ``names``: senders by name; None where names are the ids.
    """
    return name if names is None else names.get(name) or f"{relay}/{name}"


@dataclass(slots=True)
class Taking:
    """How entries are made into what the house takes, with the options of an import.

    ``prefix``: before the ids of people, where they are not those of a live platform. ``names``: as in `relayed`.
    """

    prefix: str
    options: Options
    names: Mapping[str, str] | None = None
    _senders: dict[Sender, Sender] = field(default_factory=dict)

    def portions(self, entries: Iterable[Entry], done: int = 0, size: int = PORTION) -> Iterator[Portion]:
        """All entries but the first ``done``, in portions."""
        rest, start = islice(entries, done, None), done
        while portion := list(islice(rest, size)):
            events: list[Taken] = []
            skipped: list[Skipped] = []
            for entry in portion:
                taken = self.take(entry)
                if isinstance(taken, Skipped):
                    skipped.append(taken)
                else:
                    events.append(taken)
            yield Portion(start, events, skipped)
            start += len(portion)

    def take(self, entry: Entry) -> Entry:
        """One entry with its person as the house knows them, unwrapped, or left out."""
        match entry:
            case MessageReceived():
                spoken = self._spoken(entry)
                if spoken.sender.is_bot and self.options.exclude_bots:
                    return Skipped(Skip.EXCLUDED, spoken.sent_at.isoformat(), spoken.sender.name)
                return MessageReceived(  # twice as quick as replacing one field
                    spoken.group,
                    spoken.external_id,
                    spoken.sent_at,
                    self._sender(spoken.sender),
                    spoken.text,
                    spoken.parts,
                    spoken.reply_to,
                )
            case MemberJoined() | MemberLeft():
                if entry.member.is_bot and self.options.exclude_bots:
                    return Skipped(Skip.EXCLUDED, entry.at.isoformat() if entry.at else "", entry.member.name)
                member = self._sender(entry.member)
                if isinstance(entry, MemberJoined) and entry.inviter:
                    return replace(entry, member=member, inviter=self._sender(entry.inviter))
                return replace(entry, member=member)
        return entry

    def _spoken(self, entry: MessageReceived) -> MessageReceived:
        """What somebody said through a relay is theirs."""
        relay = entry.sender.external_id
        if relay not in self.options.relays or (said := unwrapped(entry.text)) is None:
            return entry
        name, text = said
        return entry._replace(sender=Sender(relayed(relay, name, self.names), name), text=text, parts=None)

    def _sender(self, sender: Sender) -> Sender:
        if (known := self._senders.get(sender)) is None:
            known = self._senders[sender] = sender._replace(external_id=self.person(sender.external_id))
        return known

    def person(self, key: str) -> str:
        """The id that one of the format's senders has in the house, within the column's length."""
        whole = self.prefix + key
        if len(whole) <= _LONGEST:
            return whole
        return whole[: _LONGEST - 17] + "~" + sha256(whole.encode("utf-8", "replace")).hexdigest()[:16]


# ------------------------------------------------------------------ what was left out
def noted(told: Mapping[str, Any], skipped: Collection[Skipped]) -> dict[str, Any]:
    """The account of what was skipped, gone on: by reason the count and the first places, with what stands there."""
    counts = Counter(str(each.reason) for each in skipped)
    after = {}
    for reason in sorted({*told, *counts}):
        before = told.get(reason, {"count": 0, "places": []})
        fresh = [[each.place[:200], each.what[:120]] for each in skipped if each.reason == reason]
        after[reason] = {
            "count": before["count"] + counts[reason],
            "places": [*before["places"], *fresh][:PLACES],
        }
    return after


# ------------------------------------------------------------------ who is there
@dataclass(slots=True)
class Census:
    """Who speaks in a history, and what can be told from it before it is taken over."""

    by_name: bool
    messages: int = 0
    first: datetime | None = None
    last: datetime | None = None
    skipped: Counter[str] = field(default_factory=Counter)
    _called: dict[str, Sender] = field(default_factory=dict)
    _lines: dict[str, Lines] = field(default_factory=dict)
    _changes: set[tuple[str, str]] = field(default_factory=set)

    def see(self, entry: Entry) -> None:
        """One more entry."""
        if isinstance(entry, MessageReceived):
            key = entry.sender.external_id
            self.messages += 1
            self.first = min(self.first or entry.sent_at, entry.sent_at)
            self.last = max(self.last or entry.sent_at, entry.sent_at)
            if key not in self._lines:
                self._lines[key] = Lines()
            self._called[key] = entry.sender
            self._lines[key].see(entry.text)
        elif isinstance(entry, Skipped):
            self.skipped[entry.reason] += 1
            if entry.reason is Skip.SERVICE and _ARROW in entry.what:
                old, _arrow, new = entry.what.partition(_ARROW)
                self._changes.add((old.strip(), new.strip()))

    @property
    def people(self) -> int:
        """How many have spoken, bots apart."""
        return sum(not sender.is_bot for sender in self._called.values())

    @property
    def bots(self) -> int:
        """How many bots have spoken."""
        return len(self._called) - self.people

    @property
    def names(self) -> dict[str, str]:
        """Senders by what they are called, bots apart; of several of a name the one who said most."""
        rising = sorted(self._called, key=lambda key: (self._lines[key].count, key))
        return {self._called[key].name: key for key in rising if not self._called[key].is_bot}

    def relays(self) -> list[Relay]:
        """Senders that speak for others, the busiest first."""
        found = [lines.relay(key, self._called[key].name) for key, lines in self._lines.items() if lines.is_relay]
        return sorted(found, key=lambda relay: (-relay.messages, relay.person))

    def aliases(self, relays: Collection[str] = ()) -> list[Alias]:
        """Who may be the same person, where ``relays`` are unwrapped. Two ids of a platform are not questioned."""
        names = None if self.by_name else self.names
        said: Counter[str] = Counter()
        called: dict[str, str] = {}
        for key, sender in self._called.items():
            if key not in relays and not sender.is_bot:
                said[key] += self._lines[key].count
                called[key] = sender.name or key
        for relay in relays:
            for name, count in self._lines.get(relay, Lines()).names.items():
                key = relayed(relay, name, names)
                said[key] += count
                called.setdefault(key, name)
        found = proposals([Called(key, called[key], said[key]) for key in called], self._changes)
        if self.by_name:
            return found
        return [alias for alias in found if not {alias.person, alias.into} <= {*self._called}]
