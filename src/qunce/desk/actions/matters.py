"""What needs a person: raised and settled by the pipeline, answered, given to colleagues and closed by people.

Every decision of a person is made with the matter's row locked and judged as it is by then. A message that is
no matter yet becomes one by the first decision about it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.chat import actions as chat
from qunce.chat.selectors import messages
from qunce.chat.selectors.messages import Key
from qunce.community import selectors as community
from qunce.community.selectors import Group
from qunce.desk.models import Answer, Matter
from qunce.desk.types import MatterState, Raised, Settled
from qunce.kernel import audit, clock, live, locks, wire
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotFound
from qunce.team import selectors as team

SAID = 40
TOPIC = "matters"
"""Live topic of what needs a person."""


# ------------------------------------------------------------------ the pipeline's part
def raise_matters(*, raised: Sequence[Raised]) -> None:
    """Put messages that need a person on the list, in the batch's transaction; one statement."""
    rows = sorted(raised, key=lambda each: (each.group_id, each.id))
    with wire.ahead() as cursor:
        cursor.execute(
            "INSERT INTO desk_matter (group_id, sent_at, message_id, external_id, identity_id, asks, mentioned,"
            " state, assignee_name, settled_by_name)"
            " SELECT m.g, m.s, m.i, m.e, m.a, m.q, m.w::bigint[], 'open', '', ''"
            " FROM unnest(%b::bigint[], %b::timestamptz[], %b::uuid[], %b::text[], %b::bigint[], %b::bool[],"
            " %b::text[]) AS m(g, s, i, e, a, q, w) ON CONFLICT (group_id, message_id) DO NOTHING",
            [
                [each.group_id for each in rows],
                [each.sent_at for each in rows],
                [each.id for each in rows],
                [each.external_id for each in rows],
                [each.identity_id for each in rows],
                [each.asks for each in rows],
                [f"{{{','.join(map(str, each.mentioned))}}}" for each in rows],
            ],
        )
    live.touch(TOPIC, "today")


def settle(*, settled: Sequence[Settled]) -> None:
    """Settle matters by what was said later, in the batch's transaction; one statement.

    What a person has decided in the meantime stays.
    """
    if not settled:
        return
    rows = sorted(settled, key=lambda each: each.matter_id)
    with wire.ahead() as cursor:
        cursor.execute(
            "UPDATE desk_matter m SET state = s.state, settled_at = s.at, settled_by_name = s.name"
            " FROM unnest(%b::bigint[], %b::text[], %b::timestamptz[], %b::text[]) AS s(id, state, at, name)"
            " WHERE m.id = s.id AND m.state IN ('open', 'likely')",
            [
                [each.matter_id for each in rows],
                [each.state.value for each in rows],
                [each.at for each in rows],
                [each.name for each in rows],
            ],
        )
    live.touch(TOPIC, "today")


# ------------------------------------------------------------------ people's part
@transaction.atomic
def answer(*, actor: Actor, message: Key, text: str, key: UUID, seen: int) -> Answer:
    """Say something in reply to a message, by the account that serves its group; the matter is answered then.

    ``seen``: how many answers of colleagues the writer had before him. Where there are more, nothing is sent:
    Conflict tells what the other wrote. ``key`` is the form's own id: pressing twice sends once.
    """
    taken = _taken_up(actor, message)
    matter, group = taken.matter, taken.group
    given = list(Answer.objects.filter(matter=matter).order_by("id"))
    delivery = chat.send_reply(actor=actor, group_id=group.pk, text=text, reply_to=matter.external_id, key=key)
    if again := next((each for each in given if each.delivery_id == delivery.pk), None):
        return again
    if len(given) != seen:
        raise Conflict(
            _("%(name)s was quicker and wrote: “%(text)s” Nothing of yours was sent.")
            % {"name": given[-1].by_name, "text": given[-1].text},
            fix=_("Send yours as well, or leave it."),
        )
    written = Answer.objects.create(
        matter=matter, delivery_id=delivery.pk, text=text.strip(), by=actor.id, by_name=actor.name, at=clock.now()
    )
    _close(actor, matter, MatterState.ANSWERED)
    _record(actor, "matter.answered", gettext_noop("%(actor)s answered “%(said)s” in “%(group)s”."), taken)
    return written


@transaction.atomic
def answers_were_lost(*, delivery_ids: Collection[UUID]) -> None:
    """Have matters wait again whose answers did not arrive, with whoever wrote the answer.

    What another answer has reached, or somebody has closed or opened since, stays as it is.
    """
    lost = Answer.objects.filter(delivery_id__in=delivery_ids).order_by("matter_id")
    for answer in lost:
        matter = locks.row(Matter, answer.matter_id)
        last = Answer.objects.filter(matter=matter).order_by("-id").first()
        if matter.state == MatterState.ANSWERED and last == answer:
            _open(matter)
            matter.assignee_id, matter.assignee_name = answer.by, answer.by_name
            matter.save()
            live.touch(TOPIC, f"group:{matter.group_id}", "today")


@transaction.atomic
def answer_again(*, actor: Actor, answer_id: int) -> None:
    """Send an answer that failed once more."""
    written = Answer.objects.filter(pk=answer_id).select_related("matter").first()
    if written is None:
        raise NotFound
    key = (written.matter.group_id, written.matter.sent_at, written.matter.message_id)
    taken = _taken_up(actor, key)
    chat.send_reply_again(actor=actor, delivery_id=written.delivery_id)
    _close(actor, taken.matter, MatterState.ANSWERED)
    sentence = gettext_noop("%(actor)s had the answer to “%(said)s” in “%(group)s” sent again.")
    _record(actor, "matter.answered_again", sentence, taken)


@transaction.atomic
def assign(*, actor: Actor, message: Key, staff_id: int | None) -> Matter:
    """Give a matter to a colleague who may answer there, or to nobody in particular.

    Conflict where it has been closed in the meantime.
    """
    taken = _taken_up(actor, message)
    matter, group = taken.matter, taken.group
    if matter.assignee_id == staff_id:
        return matter
    if matter.state in {MatterState.ANSWERED, MatterState.DONE}:
        raise Conflict(
            _("%(name)s has closed this in the meantime.") % {"name": matter.settled_by_name},
            fix=_("Open it again first."),
        )
    name, sentence = "", gettext_noop("%(actor)s gave “%(said)s” in “%(group)s” to nobody in particular.")
    if staff_id is not None:
        given = team.who_may(Permission.REPLY, [group.community_id]).filter(pk=staff_id).first()
        if given is None:
            raise Invalid(_("This person may not answer in this group."), field="staff")
        name = given.name
        sentence = gettext_noop("%(actor)s gave “%(said)s” in “%(group)s” to %(name)s.")
    if matter.state == MatterState.LIKELY:
        _open(matter)
    matter.assignee_id, matter.assignee_name = staff_id, name
    matter.save()
    _record(actor, "matter.assigned", sentence, taken, name=name)
    return matter


@transaction.atomic
def mark_done(*, actor: Actor, message: Key) -> Matter:
    """Close a matter without an answer from here; `reopen` undoes it."""
    taken = _taken_up(actor, message)
    matter = taken.matter
    if matter.state == MatterState.DONE:
        return matter
    _close(actor, matter, MatterState.DONE)
    _record(actor, "matter.done", gettext_noop("%(actor)s marked “%(said)s” in “%(group)s” as done."), taken)
    return matter


@transaction.atomic
def reopen(*, actor: Actor, message: Key) -> Matter:
    """Have a matter wait again, with whoever it was given to."""
    taken = _taken_up(actor, message)
    matter = taken.matter
    if matter.state == MatterState.OPEN:
        return matter
    _open(matter)
    matter.save()
    _record(actor, "matter.reopened", gettext_noop("%(actor)s opened “%(said)s” in “%(group)s” again."), taken)
    return matter


# ------------------------------------------------------------------ within
@dataclass(frozen=True, slots=True)
class _Taken:
    """A matter, locked, with its group and what was said."""

    matter: Matter
    group: Group
    said: str


def _taken_up(actor: Actor, key: Key) -> _Taken:
    """The matter of a message, locked (made where there is none yet), its group and what was said.

    NotFound where the actor may not see it, NotAllowed where he may not answer there.
    """
    message = messages.message(actor, key, Permission.REPLY)
    group = community.group(actor, message.group_id, Permission.REPLY)
    Matter.objects.bulk_create(
        [
            Matter(
                group_id=message.group_id,
                sent_at=message.sent_at,
                message_id=message.id,
                external_id=message.external_id,
                identity_id=message.identity_id,
            )
        ],
        ignore_conflicts=True,
    )
    found = Matter.objects.filter(group_id=message.group_id, message_id=message.id).values_list("pk", flat=True)
    return _Taken(locks.row(Matter, found.get()), group, message.text)


def _open(matter: Matter) -> None:
    matter.state, matter.settled_at, matter.settled_by, matter.settled_by_name = MatterState.OPEN, None, None, ""


def _close(actor: Actor, matter: Matter, state: MatterState) -> None:
    matter.state, matter.settled_at = state, clock.now()
    matter.settled_by, matter.settled_by_name = actor.id, actor.name
    matter.save()


def _record(actor: Actor, action: str, sentence: str, taken: _Taken, **more: str) -> None:
    audit.record(
        actor,
        action,
        sentence,
        community_id=taken.group.community_id,
        about=("matter", taken.matter.pk),
        said=" ".join(taken.said.split())[:SAID],
        group=taken.group.name or taken.group.external_id,
        **more,
    )
    live.touch(TOPIC, f"group:{taken.group.pk}", "today")
