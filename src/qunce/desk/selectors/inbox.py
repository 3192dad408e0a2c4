"""Every read of the inbox: what people say over all groups, what of it needs a person, and who may see it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet

from qunce.chat import policies as chat_policies
from qunce.chat import selectors as chat
from qunce.chat.selectors import messages
from qunce.chat.selectors.messages import Key, Line
from qunce.chat.types import DeliveryState
from qunce.community import selectors as community
from qunce.community.selectors import Group
from qunce.desk.models import Answer
from qunce.desk.models import Matter as Matter  # noqa: PLC0414 (rows are passed along, so their type is public)
from qunce.desk.types import InboxFilter, MatterState, Pending, Tab
from qunce.kernel import wire
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.paging import Slice, by_key
from qunce.team import selectors as team

SIZE = 40


@dataclass(frozen=True, slots=True)
class Item:
    """A message as the inbox shows it: where it was said, and how it stands where it is a matter.

    ``marked``: its text in pieces, each with whether it was searched for.
    """

    line: Line
    group: Group
    matter: Matter | None
    marked: Sequence[tuple[str, bool]]

    @property
    def key(self) -> Key:
        """Of its message."""
        return self.line.message.group_id, self.line.message.sent_at, self.line.message.id


@dataclass(frozen=True, slots=True)
class Counts:
    """How many matters are open, by what they are; ``oldest``: when the oldest unanswered question was asked."""

    unanswered: int
    mentions: int
    mine: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Given:
    """An answer of ours with what the ledger says of it."""

    answer: Answer
    state: str
    reason: str

    @property
    def failed(self) -> bool:
        """Whether it may be sent again."""
        return self.state == DeliveryState.FAILED


# ------------------------------------------------------------------ lists
def inbox(actor: Actor, wanted: InboxFilter, *, cursor: str = "") -> Slice[Item]:
    """One page of what is wanted, newest first: what was said, or matters, the settled ones by when that was."""
    if wanted.text or wanted.tab is Tab.ALL:
        group_ids = list(_groups(actor, wanted).order_by().values_list("pk", flat=True))
        if wanted.text:
            said = messages.search(wanted.text, group_ids, cursor=cursor, size=SIZE)
        else:
            said = messages.stream(group_ids, cursor=cursor, size=SIZE)
        return Slice(_items(actor, said.items, wanted.text), said.newer, said.older)
    order = ("settled_at", "id") if wanted.tab is Tab.DONE else ("sent_at", "id")
    found = by_key(_matters(actor, wanted), key=order, cursor=cursor, size=SIZE)
    by_message = messages.by_keys([_key(matter) for matter in found])
    said_of = [by_message[_key(matter)] for matter in found if _key(matter) in by_message]
    return Slice(_items(actor, said_of), found.newer, found.older)


def counts(actor: Actor) -> Counts:
    """How much waits, in one statement."""
    open_ones = _visible(actor).filter(state=MatterState.OPEN)
    counted = open_ones.aggregate(
        unanswered=Count("pk", filter=_TABS[Tab.UNANSWERED]),
        mentions=Count("pk", filter=_TABS[Tab.MENTIONS]),
        mine=Count("pk", filter=Q(assignee_id=actor.id)),
        oldest=Min("sent_at", filter=_TABS[Tab.UNANSWERED]),
    )
    return Counts(**counted)


_TABS = {
    Tab.UNANSWERED: Q(asks=True),
    Tab.MENTIONS: ~Q(mentioned=[]),
}


def _visible(actor: Actor) -> QuerySet[Matter]:
    return Matter.objects.filter(group_id__in=community.visible_groups(actor).order_by().values("pk"))


def _groups(actor: Actor, wanted: InboxFilter) -> QuerySet[Group]:
    groups = community.visible_groups(actor)
    if wanted.community_id is not None:
        groups = groups.filter(community=wanted.community_id)
    if wanted.group_id is not None:
        groups = groups.filter(pk=wanted.group_id)
    return groups.filter(tags__contains=[wanted.tag]) if wanted.tag else groups


def _matters(actor: Actor, wanted: InboxFilter) -> QuerySet[Matter]:
    matters = Matter.objects.filter(group_id__in=_groups(actor, wanted).order_by().values("pk"))
    if wanted.tab is Tab.DONE:
        return matters.exclude(state=MatterState.OPEN).filter(settled_at__isnull=False)
    matters = matters.filter(state=MatterState.OPEN)
    return matters.filter(assignee_id=actor.id) if wanted.tab is Tab.MINE else matters.filter(_TABS[wanted.tab])


def _key(matter: Matter) -> Key:
    return matter.group_id, matter.sent_at, matter.message_id


def _items(actor: Actor, said: Sequence[messages.Message], asked: str = "") -> list[Item]:
    """Messages with all that is shown of them: a fixed number of statements."""
    groups = community.visible_groups(actor).select_related("community").in_bulk({each.group_id for each in said})
    matters = _of({each.group_id for each in said}, {each.id for each in said})
    return [
        Item(
            line,
            groups[line.message.group_id],
            matters.get((line.message.group_id, line.message.id)),
            chat_policies.marked(line.message.text, asked),
        )
        for line in messages.lines(said)
        if line.message.group_id in groups
    ]


def _of(group_ids: Collection[int], message_ids: Collection[object]) -> Mapping[tuple[int, object], Matter]:
    found = Matter.objects.filter(group_id__among=group_ids, message_id__among=message_ids) if group_ids else []
    return {(matter.group_id, matter.message_id): matter for matter in found}


# ------------------------------------------------------------------ one of them
def item(actor: Actor, key: Key) -> Item:
    """One message with its matter. NotFound where the actor may not see it."""
    found = _items(actor, [messages.message(actor, key)])[0]
    return replace(found, marked=[(found.line.message.text, False)])


def said_around(actor: Actor, key: Key) -> list[Line]:
    """What was said before and after a message in its group, oldest first."""
    return messages.around(actor, key)


def answers(actor: Actor, matter: Matter | None) -> list[Given]:
    """What colleagues wrote about a matter, oldest first, each with what became of it."""
    if matter is None:
        return []
    given = list(Answer.objects.filter(matter=matter).order_by("id"))
    sent = chat.visible_deliveries(actor).in_bulk([answer.delivery_id for answer in given])
    return [
        Given(answer, sent[answer.delivery_id].state, sent[answer.delivery_id].reason)
        for answer in given
        if answer.delivery_id in sent
    ]


def colleagues(actor: Actor, group: Group) -> list[team.Staff]:
    """Who may be given a matter of this group, oneself first."""
    if not actor.may(Permission.REPLY, group.community_id):
        return []
    return sorted(team.who_may(Permission.REPLY, [group.community_id]), key=lambda each: each.pk != actor.id)


# ------------------------------------------------------------------ the pipeline's part
def pending(*, group_ids: Collection[int], since: datetime, replied_to: Collection[str]) -> list[Pending]:
    """Open questions of these groups asked since then, and matters whose messages are replied to. No guard.

    One statement, and one more where anything is replied to. What was asked a moment ago is little everywhere:
    it is read for all groups.
    """
    with wire.ahead() as cursor:
        cursor.execute(f"{_PENDING} state = 'open' AND asks AND sent_at >= %b", [since])
        found = {row[0]: row for row in cursor.fetchall() if row[1] in group_ids}
        if replied_to:
            cursor.execute(
                f"{_PENDING} group_id = ANY(%b::bigint[]) AND external_id = ANY(%b::text[])"
                " AND state IN ('open', 'likely')",
                [list(group_ids), list(replied_to)],
            )
            found |= {row[0]: row for row in cursor.fetchall()}
    return [
        Pending(key, group_id, sent_at, external_id, identity_id, asks, bool(mentioned), MatterState(state))
        for key, group_id, sent_at, external_id, identity_id, asks, mentioned, state in found.values()
    ]


_PENDING = "SELECT id, group_id, sent_at, external_id, identity_id, asks, mentioned, state FROM desk_matter WHERE"
