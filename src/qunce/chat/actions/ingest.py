"""The one way in: a batch of events of one account, in one transaction.

Recognise, store de-duplicated, run the stages over what is new and live, count, plan deliveries, move the
cursor on. A batch that fails is halved; an event that still fails alone is stored without the stage at
fault, or not at all, and set aside with its error: one poison message never stops an account. A database
that is away is not the batch's fault: the error goes to the caller, who tries again.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import psycopg
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils.module_loading import import_string

from qunce.chat.actions import aside, deliveries, groups, leases, messages, overlaps, partitions, search, staff_chats
from qunce.chat.actions.aside import StageFailedError
from qunce.chat.actions.overlaps import Claim
from qunce.chat.actions.recognition import AccountView, Recognised, memory
from qunce.chat.models import Account, Gap, SetAside
from qunce.chat.selectors.accounts import open_connector
from qunce.chat.stage import Inflow, NewMessage, Stage
from qunce.chat.types import (
    EVERY_GROUP,
    Batch,
    GapSeen,
    GroupGone,
    GroupMoved,
    GroupSeen,
    Inbound,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Origin,
    Sender,
)
from qunce.community.types import GroupFacts
from qunce.kernel import clock, live, revisions, wire
from qunce.kernel.ids import new_ids
from qunce.members import actions as members
from qunce.members.types import StayChange

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Ingested:
    """What became of a batch: messages stored, seen before, or of groups that this account does not read."""

    stored: int = 0
    repeated: int = 0
    unread: int = 0
    planned: int = 0
    set_aside: int = 0
    turns: list[StayChange] = field(default_factory=list)
    """Entries and departures that were not known before."""
    keys: list[search.Key] = field(default_factory=list)
    """Of the messages of a history that were stored."""
    refused: list[tuple[Inbound, str]] = field(default_factory=list)
    """What of a history cannot be stored, and why."""
    claims: list[Claim] = field(default_factory=list)
    """What a history tells that was here before."""
    told_again: list[StayChange] = field(default_factory=list)
    """Entries and departures of a history that were known before."""

    def __add__(self, other: "Ingested") -> "Ingested":
        return Ingested(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


@cache
def stages() -> tuple[Stage, ...]:
    """The pipeline, in the order of settings.INBOUND_STAGES."""
    return tuple(import_string(path)() for path in settings.INBOUND_STAGES)


def ingest(batch: Batch) -> Ingested:
    """Take in a batch of at most some hundred events; returns when everything is committed.

    Raises OperationalError or InterfaceError where the database is away (nothing or a first part is stored:
    call again with the same batch), and LeaseLostError where another gateway serves the account.
    """
    stages()  # a pipeline that cannot be loaded is nobody's message's fault
    partitions.ensure_for(event.sent_at for event in batch.events if isinstance(event, MessageReceived))
    return _halving(batch)


def receive(*, account_id: int, raw: Any) -> Ingested:
    """Take in one raw payload of a wire that comes to us (webhook, built-in chat); commits before it returns.

    Raises ValueError where the connector cannot read it.
    """
    connector = open_connector(Account.objects.get(pk=account_id))
    return ingest(Batch(account_id, Origin.LIVE, connector.parse(raw)))


def _halving(batch: Batch, *, hurried: bool = True) -> Ingested:
    try:
        return _commit(batch, hurried=hurried)
    except (leases.LeaseLostError, InterfaceError):
        raise
    except OperationalError as error:
        if is_away(error):
            raise
        fault: Exception = error
    except Exception as error:  # noqa: BLE001 (whatever a stage or a message does must not stop the account)
        fault = error
    if hurried:
        # What overlaps fails later than it was said: once more, one after the other, to see whose fault it is.
        return _halving(batch, hurried=False)
    if len(batch.events) > 1:
        middle = len(batch.events) // 2
        first = replace(batch, events=batch.events[:middle], cursor=None)
        second = replace(batch, events=batch.events[middle:], unreadable=())
        return _halving(first, hurried=False) + _halving(second, hurried=False)
    if not batch.events:
        raise fault
    event = batch.events[0]
    if (legible := messages.legible(event)) != event:
        return _halving(replace(batch, events=[legible]), hurried=False)
    return _alone(batch, fault)


def is_away(error: OperationalError) -> bool:
    """Whether the connection or server is gone, as against a statement that this batch makes fail."""
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None)
    return not isinstance(cause, psycopg.Error) or state is None or state[:2] in {"08", "53", "57", "40", "55"}


def _alone(batch: Batch, fault: Exception) -> Ingested:
    """A single event fails: without the stage at fault, else only set aside."""
    stage = fault.stage if isinstance(fault, StageFailedError) else ""
    log.warning("an event is set aside", exc_info=fault)
    row = SetAside(
        account_id=batch.account_id,
        stage=stage,
        error=aside.sentence(fault),
        event=aside.as_json(batch.events[0]),
        at=clock.now(),
    )
    if stage:
        try:
            return _commit(batch, without=frozenset({stage}), kept=[row])
        except StageFailedError as second:
            row.stage, row.error = f"{stage}, {second.stage}", f"{row.error}\n{aside.sentence(second)}"
            every = frozenset(each.name for each in stages())
            return _commit(batch, without=every, kept=[row])
    return _commit(replace(batch, events=()), kept=[row])


# ------------------------------------------------------------------ one transaction
def _commit(
    batch: Batch, without: frozenset[str] = frozenset(), kept: Sequence[SetAside] = (), *, hurried: bool = False
) -> Ingested:
    with transaction.atomic(), wire.overlap() if hurried else nullcontext(), revisions.at_the_end():
        if batch.epoch is not None:
            if batch.cursor is None:
                leases.hold(batch.account_id, batch.epoch)
            else:
                leases.advance(batch.account_id, batch.epoch, batch.cursor)
        flow = Flow(batch, without)
        result = flow.run()
        unreadable = [
            SetAside(account_id=batch.account_id, error=why[:2000], event=aside.as_raw(raw), at=clock.now())
            for raw, why in batch.unreadable
        ]
        SetAside.objects.bulk_create([*kept, *unreadable])
        result.set_aside = len(kept) + len(unreadable)
        if result.set_aside:
            live.touch("today")
        transaction.on_commit(flow.people.remember)
    return result


class Flow:
    """One batch on its way through one transaction. ``view``: whose eyes it is seen with, where no account is."""

    def __init__(self, batch: Batch, without: frozenset[str] = frozenset(), view: AccountView | None = None) -> None:
        self.batch = batch
        self.without = without
        self.by_kind: dict[type, list[Any]] = defaultdict(list)
        for event in batch.events:
            self.by_kind[type(event)].append(event)
        self.revisions = revisions.current()
        memory.settle(self.revisions)
        self.view: AccountView = view or memory.account(batch.account_id, self.revisions)
        if moved := self.by_kind[GroupMoved]:
            # First of all: what is said under the new id belongs to the group as well.
            groups.record_moved(batch.account_id, self.view.platform, moved)
            self.view = memory.moved(batch.account_id, {each.group: each.to for each in moved})
        self.brought: set[tuple[str, str]] = set()
        if batch.origin is Origin.BACKFILL:
            self.brought = overlaps.read_back(self.view.groups, self.by_kind[MessageReceived])
        self.people = Recognised(self.view.platform)
        self.people.see(self._senders())
        self.hours = messages.Hours()
        self.result = Ingested()
        self.inflow = Inflow(batch.account_id, clock.now(), self.revisions, ())
        self.touched: set[int] = set()
        self.keys: list[search.Key] = []

    def run(self) -> Ingested:
        self._groups()
        new = self._messages()
        if self.batch.origin is Origin.LIVE:
            staff_chats.link_where_said(self.batch.account_id, self.view, self.by_kind[MessageReceived])
        self._stays()
        self._changes()
        search.remember(self.keys)
        self.hours.write()
        if self.batch.origin is Origin.LIVE and new:
            self._stages()
        if self.touched:
            live.touch("messages", *(f"group:{group_id}" for group_id in self.touched))
        return self.result

    def _senders(self) -> Iterable[Sender]:
        read = self.view.groups
        yield from (event.sender for event in self.by_kind[MessageReceived] if event.group in read)
        for event in (*self.by_kind[MemberJoined], *self.by_kind[MemberLeft]):
            if event.group in read:
                yield event.member
                if isinstance(event, MemberJoined) and event.inviter:
                    yield event.inviter
        yield from (Sender(event.by) for event in self.by_kind[MessageEdited] if event.by and event.group in read)

    def _groups(self) -> None:
        if seen := self.by_kind[GroupSeen]:
            groups.record_seen(self.batch.account_id, self.view.platform, seen)
        if gone := self.by_kind[GroupGone]:
            groups.record_gone(self.batch.account_id, self.view.platform, gone)
        Gap.objects.bulk_create(
            Gap(
                account_id=self.batch.account_id,
                group_id=facts.id,
                since=gap.since,
                until=gap.until,
                reason=gap.reason,
            )
            for gap in self.by_kind[GapSeen]
            for facts in self._meant(gap.group)
        )

    def _meant(self, group: str) -> Collection[GroupFacts]:
        """The groups that a gap is in, as far as this account reads them."""
        read = self.view.groups
        if group == EVERY_GROUP:
            return {facts.id: facts for facts in read.values()}.values()
        return [read[group]] if group in read else []

    def _messages(self) -> list[NewMessage]:
        """Store what is new, in the groups' order; returns it."""
        received = self.by_kind[MessageReceived]
        told: list[messages.Told] = []
        latest = partitions.latest_possible()
        for number, event in enumerate(received):
            if (facts := self.view.groups.get(event.group)) is None:
                self.result.unread += 1
                continue
            if (event.group, event.external_id) in self.brought:
                continue
            at = _in_utc(event.sent_at)
            if not partitions.EARLIEST <= at <= latest:
                raise ValueError(f"sent at an impossible time: {event.sent_at.isoformat()}")
            told.append((facts.zone.key, facts.id, at, number, facts, event))
        told.sort()
        with messages.storing(map(self._rows, messages.portions(told)), self.batch.origin) as (rows, stored):
            self.inflow.messages = rows
            if self.batch.origin is Origin.LIVE and rows:
                self._each_stage("foresee")
            new = self.inflow.messages = stored()
        self.hours.messages(new)
        self.touched.update(row.group.id for row in new)
        self._presence(new)
        deliveries.confirm_echoes(
            {
                event.delivery_id: event.external_id
                for event in received
                if event.delivery_id and event.sender.external_id == self.view.external_id
            }
        )
        self.result.stored, self.result.repeated = len(new), len(rows) - len(new) + len(self.brought)
        return new

    def _rows(self, told: Sequence[messages.Told]) -> list[NewMessage]:
        view, ids = self.view, self.people.ids
        texts = messages.cleaned([event.text for _, _, _, _, _, event in told])
        rows = []
        for key, text, (_, _, at, _, facts, event) in zip(new_ids(len(told)), texts, told, strict=True):
            sender = event.sender
            rows.append(
                NewMessage(
                    key,
                    facts,
                    event.external_id,
                    at,
                    ids[sender.external_id],
                    sender.name,
                    text,
                    sender.external_id in view.ours,
                    sender.is_bot,
                    False,
                    event.reply_to,
                    view.is_addressed(event),
                    None if event.parts is None else messages.parts_json(event.parts),
                )
            )
        return rows

    def _presence(self, new: Sequence[NewMessage]) -> None:
        """Whoever speaks now is in the group; what they said long ago proves only that they once were."""
        if self.batch.origin is not Origin.LIVE:
            heard: dict[tuple[int, int], tuple[datetime, datetime]] = {}
            for row in new:  # in order of time
                if not row.from_us:
                    pair = row.group.id, row.identity_id
                    heard[pair] = (heard[pair][0] if pair in heard else row.sent_at), row.sent_at
            if self.batch.origin is Origin.IMPORT:
                self.result.keys = [(row.group.id, row.sent_at, row.id) for row in new]
                # At its end the traces are made true: histories.settle_history
                heard = {pair: heard[pair] for pair in heard.keys() - memory.heard}
                self.people.new_heard |= heard.keys()
            members.record_heard(heard=heard)
            return
        pairs = {(row.group.id, row.identity_id) for row in new} - memory.present
        members.record_presence(pairs=pairs, at=clock.now())
        self.people.new_presence |= pairs

    def _stays(self) -> None:
        changes = []
        for event in (*self.by_kind[MemberJoined], *self.by_kind[MemberLeft]):
            if (facts := self.view.groups.get(event.group)) is None:
                continue
            joined = isinstance(event, MemberJoined)
            inviter = event.inviter.external_id if joined and event.inviter else None
            changes.append(
                StayChange(
                    group_id=facts.id,
                    identity_id=self.people.ids[event.member.external_id],
                    joined=joined,
                    at=event.at.astimezone(UTC) if event.at else None,
                    inviter_id=self.people.ids[inviter] if inviter else None,
                    source=event.source if joined else "",
                )
            )
        if not changes:
            return
        self.result.turns = members.record_stays(changes=changes)
        if self.batch.origin is Origin.IMPORT:
            news = {(turn.identity_id, turn.joined, turn.at) for turn in self.result.turns}
            again = (each for each in changes if (each.identity_id, each.joined, each.at) not in news)
            self.result.told_again = list(again)
        for change in self.result.turns:
            self.touched.add(change.group_id)
            memory.present.discard((change.group_id, change.identity_id))
            if change.at:
                (self.hours.joined if change.joined else self.hours.left)(change.group_id, change.at)

    def _changes(self) -> None:
        """Edits and deletions, one statement per group."""
        edits: dict[int, list[tuple[MessageEdited, int | None]]] = defaultdict(list)
        deletions: dict[int, list[MessageDeleted]] = defaultdict(list)
        for edit in self.by_kind[MessageEdited]:
            if (facts := self.view.groups.get(edit.group)) is not None:
                edits[facts.id].append((edit, self.people.ids[edit.by] if edit.by else None))
        for deletion in self.by_kind[MessageDeleted]:
            if (facts := self.view.groups.get(deletion.group)) is not None:
                deletions[facts.id].append(deletion)
        for group_id in sorted(edits):
            self.keys += messages.edit(group_id, edits[group_id])
        for group_id in sorted(deletions):
            self.keys += messages.delete(group_id, deletions[group_id])
        self.touched |= {*edits, *deletions}

    def _stages(self) -> None:
        self._each_stage("run")
        self.result.planned = deliveries.plan(account_id=self.batch.account_id, planned=self.inflow.planned)

    def _each_stage(self, part: str) -> None:
        for stage in stages():
            if stage.name not in self.without:
                try:
                    getattr(stage, part)(self.inflow)
                except (OperationalError, InterfaceError):
                    raise
                except Exception as error:
                    raise StageFailedError(stage.name) from error


def _in_utc(at: datetime) -> datetime:
    return at if at.tzinfo is UTC else at.astimezone(UTC)
