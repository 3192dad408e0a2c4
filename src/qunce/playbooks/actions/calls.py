"""Calls to action: opened with the step that asks, answered by what members say, closed, and chased politely."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from qunce.chat import actions as chat
from qunce.chat import policies as chat_policies
from qunce.chat import selectors as chats
from qunce.chat.connector import connectors
from qunce.chat.selectors import Fate
from qunce.chat.stage import Inflow, NewMessage, Planned
from qunce.chat.types import Purpose
from qunce.kernel import audit, clock, live, locks, revisions
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid
from qunce.kernel.folding import normalise
from qunce.members import selectors as members
from qunce.playbooks.models import Call, CallAnswer
from qunce.playbooks.policies.turn_words import taken
from qunce.playbooks.selectors.calls import CallView, calls_of, chase_key, views_of
from qunce.playbooks.types import StepRun

CALLS = "calls"
"""The revision that changes when calls are opened."""
LONGEST_REMINDER = 500
LONGEST_KEPT = 2000
LEFT_OPEN = timedelta(hours=1)
"""A call that nobody closed so long after its end (its track was stopped) is closed by the clock."""
NEARLY_OVER = gettext_noop("A reminder: an answer is still wanted here. Thank you!")


def call_event(key: str) -> str:
    """The event that a step waits for where the answer of one member ends its wait."""
    return f"call:{key}"


# ------------------------------------------------------------------ opening and closing
@dataclass(frozen=True, slots=True)
class Opening:
    """A call that a step opens. ``delivery_key``: of the message that asks; empty: nothing is asked, only waited.

    ``of_turn``: a word that takes a turn or lets it go counts, too.
    """

    step: StepRun
    closes_at: datetime
    keyword: str = ""
    delivery_key: str = ""
    of_member: bool = False
    of_turn: bool = False


def open_calls(*, openings: Sequence[Opening]) -> None:
    """Open calls in the caller's transaction, each once per key of its step."""
    revisions.bump(CALLS)
    Call.objects.bulk_create(
        [
            Call(
                key=each.step.key,
                run_id=each.step.run_id,
                track_id=each.step.track_id,
                step=each.step.step_id,
                group_id=each.step.group.id,
                member_id=each.step.member.member_id if each.of_member and each.step.member else None,
                keyword=each.keyword,
                of_turn=each.of_turn,
                delivery_key=each.delivery_key,
                opens_at=each.step.now,
                closes_at=each.closes_at,
            )
            for each in openings
        ],
        ignore_conflicts=True,
    )


def close_calls(*, keys: Collection[str], now: datetime) -> None:
    """Take no more answers to these calls, in the caller's transaction."""
    Call.objects.filter(key__among=list(keys), closed_at=None).update(closed_at=now)


def prolong_calls(*, ends: Mapping[str, datetime]) -> None:
    """Keep calls open until later, in the caller's transaction: their question arrived late."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE playbooks_call c SET closes_at = e.at FROM unnest(%s::text[], %s::timestamptz[]) AS e(key, at)"
            " WHERE c.key = e.key AND c.closed_at IS NULL",
            [list(ends), list(ends.values())],
        )


def close_due(*, now: datetime) -> int:
    """Close what nobody closes any more because its track was stopped; returns how many. For the clock."""
    late = Call.objects.filter(closed_at=None, closes_at__lt=now - LEFT_OPEN)
    return late.update(closed_at=now)


# ------------------------------------------------------------------ answers
_ANSWER = """
INSERT INTO playbooks_callanswer AS a (call_id, identity_id, text, sent_at, message_id, times)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[], %s::uuid[], %s::int[])
ON CONFLICT (call_id, identity_id) DO UPDATE SET times = a.times + excluded.times
"""


def note_answers(*, inflow: Inflow) -> dict[str, dict[str, Any]]:
    """Write down which of a batch's messages answer open calls; returns the events that have happened by it.

    One look at the open calls of the batch's groups; more only where there is one. What was said before a question
    arrived is no answer to it.
    """
    people = [each for each in inflow.messages if not each.from_us and not each.from_bot]
    if not people:
        return {}
    groups = {message.group.id for message in people}
    calls = list(Call.objects.filter(group_id__among=list(groups), closed_at=None))
    if not calls:
        return {}
    fates = chats.fates({call.delivery_key for call in calls if call.delivery_key})
    heard = _heard(people, by_member=any(call.member_id for call in calls))
    answers: dict[tuple[int, int], list[NewMessage]] = defaultdict(list)
    happened: dict[str, dict[str, Any]] = {}
    for call in calls:
        for message in _answering(call, fates.get(call.delivery_key), heard[call.group_id, call.member_id]):
            answers[call.pk, message.identity_id].append(message)
            if call.ends_with_an_answer:
                happened[call_event(call.key)] = {"at": message.sent_at.isoformat()}
    if answers:
        _keep(answers)
        answered = {call for call, _identity in answers}
        live.touch(*{f"run:{call.run_id}" for call in calls if call.pk in answered})
    return happened


def _heard(people: Sequence[NewMessage], *, by_member: bool) -> dict[tuple[int, int | None], list[NewMessage]]:
    """What was said in each group, and (``by_member``) by each member in it."""
    who = members.who({message.identity_id for message in people}) if by_member else {}
    heard: dict[tuple[int, int | None], list[NewMessage]] = defaultdict(list)
    for message in people:
        heard[message.group.id, None].append(message)
        if author := who.get(message.identity_id):
            heard[message.group.id, author.member_id].append(message)
    return heard


def _answering(call: Call, fate: Fate | None, said: Sequence[NewMessage]) -> list[NewMessage]:
    """The messages that answer a call: what was said while it was open and its question had arrived."""
    since = (fate.at if fate else None) if call.delivery_key else call.opens_at
    if since is None:
        return []
    return [each for each in said if since < each.sent_at <= call.closes_at and _answers(call, each.text)]


def _answers(call: Call, text: str) -> bool:
    if not call.keyword or normalise(call.keyword) in normalise(text):
        return True
    return call.of_turn and taken(text) is not None


def _keep(answers: Mapping[tuple[int, int], Sequence[NewMessage]]) -> None:
    first = {key: min(said, key=lambda message: message.sent_at) for key, said in answers.items()}
    columns: list[list[object]] = [
        [call_id for call_id, _identity in first],
        [identity_id for _call, identity_id in first],
        [message.text[:LONGEST_KEPT] for message in first.values()],
        [message.sent_at for message in first.values()],
        [message.id for message in first.values()],
        [len(answers[key]) for key in first],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_ANSWER, columns)


def forget_answers(*, identity_ids: Collection[int]) -> int:
    """Remove what these identities have answered, for good; returns how many answers. For who erases a person."""
    count, _by_model = CallAnswer.objects.filter(identity_id__among=list(identity_ids)).delete()
    return count


# ------------------------------------------------------------------ chasing politely
def chase_call(*, actor: Actor, run_id: int, step: str, text: str, group_ids: Collection[int] | None = None) -> int:
    """Remind groups of what a step asked for: one message to each, naming at most MOST_NAMED who have not answered.

    The rules are those of broadcasts: not before a day after the call or the reminder before, twice at most; never
    our own people, bots, or who wants to be left in peace. It is a campaign: quiet hours and caps hold. Groups where
    it cannot be done are left out; Conflict where that is all of them. Returns how many messages are planned. Needs
    an operator of each group.
    """
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise Invalid(_("Write what is to be sent."), field="text")
    if len(text) > LONGEST_REMINDER:
        raise Invalid(_("At most %(count)d characters.") % {"count": LONGEST_REMINDER}, field="text")
    with transaction.atomic():
        locks.name(f"chase:{run_id}:{step}")
        views = calls_of(actor, run_id, step=step, group_ids=group_ids)
        for view in views:
            if not actor.may(Permission.OPERATE, view.group.community_id):
                view.obstacle = gettext_noop("Your role does not allow this.")
        count, why = _chase(views, dict.fromkeys((view.call.key for view in views), text))
        if not count:
            raise Conflict(_("Nobody can be reminded now."), fix=_(why))
        homes = {view.group.community_id for view in views}
        audit.record(
            actor,
            "playbook.chased",
            gettext_noop("%(actor)s reminded of what a playbook asked for (messages: %(count)s)."),
            community_id=homes.pop() if len(homes) == 1 else None,
            about=("run", run_id),
            count=count,
        )
        live.touch(f"run:{run_id}", "today")
    return count


def chase_by_itself(*, actor: Actor, texts: Mapping[str, str]) -> int:
    """Remind of calls, by key, in the caller's transaction; an empty text: our own words. Returns how many."""
    views = views_of(actor, list(Call.objects.filter(key__among=list(texts), closed_at=None)))
    return _chase(views, texts)[0]


def _chase(views: Sequence[CallView], texts: Mapping[str, str]) -> tuple[int, str]:
    """Plan reminders where that is possible; how many, and why not where it is none (a message id)."""
    able: dict[int, list[Planned]] = defaultdict(list)
    why = gettext_noop("Nobody has been asked yet.")
    for view in views:
        view.obstacle, view.possible_from = _obstacle(view)
        if view.obstacle or view.account_id is None:
            why = view.obstacle or why
        else:
            able[view.account_id].append(_reminder(view, texts[view.call.key]))
    for account_id, planned in sorted(able.items()):
        chat.plan(account_id=account_id, planned=planned)
    return sum(map(len, able.values())), why


def _obstacle(view: CallView) -> tuple[str, datetime | None]:
    if view.obstacle:
        return view.obstacle, None
    if view.call.closed_at is not None or view.call.closes_at <= clock.now():
        return gettext_noop("The time to answer is over."), None
    if view.at is None:
        return gettext_noop("The question has not arrived yet."), None
    if not view.to_remind:
        return gettext_noop("Everybody has answered, or wants to be left in peace."), None
    return chats.too_soon(view.at, view.chases)


def _reminder(view: CallView, text: str) -> Planned:
    if not text:
        with override(view.group.community.languages[0] if view.group.community else None):
            text = _(NEARLY_OVER)
    kind = connectors.get(view.group.platform)
    replies = kind is not None and kind.capabilities.reply and view.fate is not None and view.fate.external_id
    return Planned(
        key=chat_policies.numbered(chase_key(view.call), len(view.chases) + 1),
        group_id=view.group.pk,
        content=chats.naming(view.group.platform, view.to_remind, view.chases, text),
        purpose=Purpose.CAMPAIGN,
        reply_to=view.fate.external_id if replies and view.fate else None,
        not_after=view.call.closes_at,
    )
