"""Who has answered a call to action, and who has not: group by group, from what was said since it arrived."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_noop

from qunce.chat import policies
from qunce.chat.connector import connectors
from qunce.chat.models import Account, Broadcast, Delivery
from qunce.chat.selectors.broadcasts import broadcast
from qunce.chat.selectors.targets import seats_of
from qunce.chat.types import Content, DeliveryState, Mention, Part, Text
from qunce.community import selectors as community
from qunce.community.selectors import Group
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.members import selectors as members
from qunce.members.selectors import Participant

ALL_ANSWERED = gettext_noop("Everybody has answered.")
IN_PEACE = gettext_noop("Whoever has not answered wants to be left in peace.")
TOO_EARLY = gettext_noop("It is not a day since the last message about it.")
TWICE = gettext_noop("They were reminded twice already.")
ARCHIVED = gettext_noop("The group is archived.")
NOT_OURS = gettext_noop("Your role does not allow this.")
_GONE = (DeliveryState.FAILED, DeliveryState.SKIPPED)


@dataclass(slots=True)
class Called:
    """A group that a broadcast has reached: who was there then and is there now, and what became of it.

    ``in_peace``: members who do not want to be reminded of anything.
    ``chases``: reminders that were sent or will be, oldest first; ``tries``: all that were ever planned.
    ``obstacle``: why no reminder can be sent now (a message id); ``possible_from``: when one can, where that is all.
    """

    group: Group
    at: datetime
    external_id: str
    silent: list[Participant] = field(default_factory=list)
    in_peace: set[int] = field(default_factory=set)
    answered: int = 0
    chases: list[Delivery] = field(default_factory=list)
    tries: int = 0
    account_id: int | None = None
    obstacle: str = ""
    possible_from: datetime | None = None

    @property
    def asked(self) -> int:
        """How many people were called."""
        return self.answered + len(self.silent)

    @property
    def to_remind(self) -> list[Participant]:
        """Those who have not answered and may be named."""
        return [identity for identity in self.silent if identity.member_id not in self.in_peace]


def answers(
    actor: Actor, broadcast_id: int, *, keyword: str = "", group_ids: Collection[int] | None = None
) -> list[Called]:
    """The groups that a broadcast has reached, by name, with who has said nothing there since.

    ``keyword``: only what contains it counts as an answer. Bots, our accounts and our own people are not asked.
    ``group_ids``: only these groups.
    """
    row = broadcast(actor, broadcast_id)
    sent = Delivery.objects.filter(broadcast=row, state=DeliveryState.SENT, sent_at__isnull=False)
    if group_ids is not None:
        sent = sent.filter(group_id__in=list(group_ids))
    rows = sent.values_list("group_id", "sent_at", "external_id")
    reached = {group_id: (at, external_id) for group_id, at, external_id in rows if at is not None}
    groups = community.groups_in_order(actor, list(reached))
    found = {group.pk: Called(group, *reached[group.pk]) for group in groups}
    _count(actor, found, keyword)
    _chased(row, found)
    for called in found.values():
        called.obstacle, called.possible_from = _obstacle(actor, called)
    return sorted(found.values(), key=lambda called: (-len(called.silent), called.group.name, called.group.pk))


def _count(actor: Actor, found: Mapping[int, Called], keyword: str) -> None:
    """Who was there, and who of them has answered; a person answers with any of their identities."""
    since = {key: called.at for key, called in found.items()}
    there = people_called(actor, since)
    spoken = _speakers(since, keyword)
    people = members.who({identity_id for those in spoken.values() for identity_id in those})
    for group_id, identities in there.items():
        answering = {people[key].member_id for key in spoken[group_id] if key in people}
        for identity in identities:
            if identity.member_id in answering:
                found[group_id].answered += 1
            else:
                found[group_id].silent.append(identity)
    muted = members.muted({identity.member_id for called in found.values() for identity in called.silent})
    for called in found.values():
        called.in_peace = muted


def people_called(actor: Actor, since: Mapping[int, datetime]) -> dict[int, list[Participant]]:
    """Whom a call means that came to each group at a moment: who was there then and is there now, each once.

    Bots, our accounts and our own people are not asked. ``joined_at``: when the first of somebody's accounts came.
    """
    ours = set(Account.objects.exclude(external_id="").values_list("platform", "external_id"))
    called: dict[int, list[Participant]] = {}
    for group_id, identities in members.present_before(actor, since).items():
        asked = (each for each in identities if (each.platform, each.external_id) not in ours)
        once: dict[int, Participant] = {}
        for each in asked:
            known = once.setdefault(each.member_id, each)
            if known.joined_at is not None and (each.joined_at is None or each.joined_at < known.joined_at):
                once[each.member_id] = known._replace(joined_at=each.joined_at)
        called[group_id] = list(once.values())
    return called


def _speakers(since: Mapping[int, datetime], keyword: str) -> Mapping[int, set[int]]:
    """The identities that have said something (with the keyword in it) in each group since its moment."""
    spoken: dict[int, set[int]] = defaultdict(set)
    if not since:
        return spoken
    escaped = keyword.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.group_id, m.identity_id FROM chat_message m"
            " JOIN unnest(%s::bigint[], %s::timestamptz[]) AS c(group_id, since)"
            " ON m.group_id = c.group_id AND m.sent_at > c.since"
            " WHERE m.sent_at > %s AND NOT m.from_us AND m.text ILIKE %s GROUP BY 1, 2",
            [list(since), list(since.values()), min(since.values()), f"%{escaped}%"],
        )
        for group_id, identity_id in cursor.fetchall():
            spoken[group_id].add(identity_id)
    return spoken


def _chased(row: Broadcast, found: Mapping[int, Called]) -> None:
    """The reminders of a broadcast, by the beginning of their key; and by which account another would go."""
    for delivery in Delivery.objects.filter(key__startswith=policies.chase_key(row.pk)).order_by("created_at", "id"):
        if called := found.get(delivery.group_id):
            called.tries += 1
            if delivery.state not in _GONE:
                called.chases.append(delivery)
    for group_id, (account_id, obstacle) in seats_of(list(found)).items():
        found[group_id].account_id, found[group_id].obstacle = account_id, obstacle


def _obstacle(actor: Actor, called: Called) -> tuple[str, datetime | None]:
    if called.group.archived_at is not None or called.group.community_id is None:
        return ARCHIVED, None
    if not actor.may(Permission.OPERATE, called.group.community_id):
        return NOT_OURS, None
    if not called.to_remind:
        return (IN_PEACE if called.silent else ALL_ANSWERED), None
    if called.obstacle or called.account_id is None:
        return called.obstacle, None
    return too_soon(called.at, called.chases)


def too_soon(called_at: datetime, chases: Sequence[Delivery]) -> tuple[str, datetime | None]:
    """Why a group must not be reminded of a call now (a message id), and from when it may be where that is all."""
    possible = policies.next_chase(called_at, [chase.sent_at or chase.created_at for chase in chases])
    if possible is None:
        return TWICE, None
    return (TOO_EARLY, possible) if possible > clock.now() else ("", None)


def chases_of(prefixes: Collection[str]) -> dict[str, list[Delivery]]:
    """The reminders whose keys begin so, sent or to be sent, oldest first, by that beginning. No guard."""
    found: dict[str, list[Delivery]] = {prefix: [] for prefix in prefixes}
    if not found:
        return found
    numbered = {policies.numbered(prefix, number): prefix for prefix in prefixes for number in policies.CHASE_NUMBERS}
    rows = Delivery.objects.filter(key__among=list(numbered)).exclude(state__in=_GONE)
    for delivery in rows.order_by("created_at", "id"):
        found[numbered[delivery.key]].append(delivery)
    return found


# ------------------------------------------------------------------ what a reminder says
def reminder(called: Called, text: str) -> Content:
    """A reminder for a group: at most MOST_NAMED of those who have not answered by name, and the text.

    Whoever was not named in the first one comes first in the second. Where the platform has no mentions, the names
    are written.
    """
    return naming(called.group.platform, called.to_remind, called.chases, text)


def naming(platform: str, people: Collection[Participant], before: Collection[Delivery], text: str) -> Content:
    """A text with at most MOST_NAMED of these people named, those first whom the messages before have not named."""
    kind = connectors.get(platform)
    mentions = kind is not None and kind.capabilities.mention
    named = {
        part.who for chase in before for part in Content.from_json(chase.content).parts if isinstance(part, Mention)
    }
    parts: list[Part] = []
    for identity in sorted(people, key=lambda each: each.external_id in named)[: policies.MOST_NAMED]:
        name = identity.name or identity.external_id
        parts += [Mention(identity.external_id, name), Text(" ")] if mentions else [Text(f"@{name} ")]
    return Content((*parts, Text(text)))
