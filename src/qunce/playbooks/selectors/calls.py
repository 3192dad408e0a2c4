"""Calls to action: who has answered, who has not, and what was said. Who is asked is decided as for broadcasts."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from django.db.models import QuerySet
from django.utils.translation import override

from qunce.chat import selectors as chat
from qunce.chat.selectors import Delivery, Fate
from qunce.community import selectors as community
from qunce.community.selectors import Group
from qunce.kernel.actor import Actor
from qunce.kernel.words import listed
from qunce.members import selectors as members
from qunce.members.selectors import Participant, Who
from qunce.playbooks.models import Call, CallAnswer

MOST_SAID = 50
"""So many answers are said in a text at most."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody said to a call first, and how often they said something."""

    who: Who
    text: str
    at: datetime
    times: int


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a call, as texts say it."""

    answers: Sequence[Answer] = ()

    @property
    def count(self) -> int:
        """How many people answered."""
        return len(self.answers)

    def values(self, language: str) -> Mapping[str, str]:
        """As variables of a text in that language."""
        first = self.answers[:MOST_SAID]
        with override(language):
            names = listed(each.who.name for each in first)
        return {
            "answer": first[0].text if first else "",
            "answers": "\n".join(f"{each.who.name}: {each.text}" for each in first),
            "names": names,
            "count": str(self.count),
        }


NOTHING_SAID = Said()


def said_to(keys: Collection[str]) -> dict[str, Said]:
    """What people said to calls, by key: each person once, bots and our own people apart. No guard: for steps."""
    found = _of_people(CallAnswer.objects.filter(call__key__among=list(keys))) if keys else {}
    return {key: Said(tuple(found.get(key, ()))) for key in keys}


def _of_people(answers: QuerySet[CallAnswer]) -> dict[str, list[Answer]]:
    rows = list(answers.order_by("sent_at", "pk").values_list("call__key", "identity_id", "text", "sent_at", "times"))
    people = members.who({identity_id for _key, identity_id, *_rest in rows})
    ours = (members.team_identities() | members.bots(set(people))) if people else frozenset[int]()
    found: dict[str, dict[int, Answer]] = defaultdict(dict)
    for key, identity_id, text, sent_at, times in rows:
        who = people.get(identity_id)
        if who is None or identity_id in ours:
            continue
        known = found[key].get(who.member_id)
        answer = Answer(who, text, sent_at, times)
        if known is not None:
            answer = Answer(known.who, known.text, known.at, known.times + times)
        found[key][who.member_id] = answer
    return {key: list(each.values()) for key, each in found.items()}


# ------------------------------------------------------------------ for people
@dataclass(slots=True)
class CallView:
    """One call in one group: who has answered and who has not.

    ``at``: since when members can have seen it; None: it has not arrived yet. ``in_peace``: members who do not want
    to be reminded. ``obstacle``: why no reminder can be sent now (a message id), ``possible_from``: when it can.
    """

    call: Call
    group: Group
    at: datetime | None
    fate: Fate | None
    answers: list[Answer] = field(default_factory=list)
    silent: list[Participant] = field(default_factory=list)
    in_peace: set[int] = field(default_factory=set)
    chases: list[Delivery] = field(default_factory=list)
    account_id: int | None = None
    obstacle: str = ""
    possible_from: datetime | None = None

    @property
    def asked(self) -> int:
        """How many people were asked."""
        return len(self.answers) + len(self.silent)

    @property
    def share(self) -> float | None:
        """Which share of those asked has answered; None where nobody was asked."""
        return len(self.answers) / self.asked if self.asked else None

    @property
    def to_remind(self) -> list[Participant]:
        """Those who have not answered and may be named."""
        return [each for each in self.silent if each.member_id not in self.in_peace]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many people a step has asked and how many of them answered, over all groups."""

    asked: int
    answered: int

    @property
    def share(self) -> float | None:
        """Answered of asked; None where nobody was asked."""
        return self.answered / self.asked if self.asked else None


_Present: TypeAlias = Mapping[int, Sequence[Participant]]


def calls_of(
    actor: Actor, run_id: int, *, step: str = "", group_ids: Collection[int] | None = None
) -> list[CallView]:
    """The calls of a run in groups that the actor may see, those with most silent people first.

    ``step``: of this step alone. A number of statements that does not depend on how many there are.
    """
    rows = _calls(run_id)
    if step:
        rows = rows.filter(step=step)
    if group_ids is not None:
        rows = rows.filter(group_id__among=list(group_ids))
    return views_of(actor, list(rows))


def _calls(run_id: int) -> QuerySet[Call]:
    return Call.objects.filter(run_id=run_id).exclude(delivery_key="").order_by("pk")


def views_of(actor: Actor, rows: Sequence[Call]) -> list[CallView]:
    """Calls as the actor sees them, with who was asked, what each of them has said, and how they are reminded."""
    views = _answered(actor, rows)
    muted = members.muted({each.member_id for view in views for each in view.silent})
    chases = chat.chases_of([chase_key(view.call) for view in views])
    seats = chat.seats_of(list({view.group.pk for view in views}))
    for view in views:
        view.in_peace = muted
        view.chases = chases[chase_key(view.call)]
        view.account_id, view.obstacle = seats.get(view.group.pk, (None, ""))
    return sorted(views, key=lambda view: (-len(view.silent), view.group.name, view.call.pk))


def _answered(actor: Actor, rows: Sequence[Call]) -> list[CallView]:
    """Calls in groups that the actor may see, with who has answered and who has not."""
    groups = {each.pk: each for each in community.groups_in_order(actor, list({row.group_id for row in rows}))}
    rows = [row for row in rows if row.group_id in groups]
    fates = chat.fates([row.delivery_key for row in rows])
    views = [_view(row, groups[row.group_id], fates.get(row.delivery_key)) for row in rows]
    answers = _of_people(CallAnswer.objects.filter(call__in=rows))
    for view in views:
        view.answers = answers.get(view.call.key, [])
    _silent(actor, views)
    return views


def chase_key(call: Call) -> str:
    """How the keys of all reminders of a call begin; a number follows."""
    return f"{call.key}:chase"


def coverage(actor: Actor, run_id: int) -> dict[str, Coverage]:
    """How far each step of a run that asks for something has reached people, by its id."""
    asked: dict[str, int] = defaultdict(int)
    answered: dict[str, int] = defaultdict(int)
    for view in _answered(actor, list(_calls(run_id))):
        asked[view.call.step] += view.asked
        answered[view.call.step] += len(view.answers)
    return {step: Coverage(count, answered[step]) for step, count in asked.items()}


def _view(row: Call, group: Group, fate: Fate | None) -> CallView:
    return CallView(row, group, fate.at if fate else None, fate)


def _silent(actor: Actor, views: Sequence[CallView]) -> None:
    """Who was there when the call came and has said nothing; of a member's own call, that member alone."""
    since: dict[int, datetime] = {}
    for view in views:
        if view.at is not None:
            since[view.group.pk] = max(view.at, since.get(view.group.pk, view.at))
    there: _Present = chat.people_called(actor, since)
    for view in views:
        if view.at is None:
            continue
        answering = {each.who.member_id for each in view.answers}
        view.silent = [
            each
            for each in there.get(view.group.pk, ())
            if each.member_id not in answering
            and view.call.member_id in (None, each.member_id)
            and (each.joined_at is None or each.joined_at <= view.at)
        ]
