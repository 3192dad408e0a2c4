"""Authors are asked before their words leave the group: once, politely; and may take them back at any time."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from qunce.chat import selectors as chats
from qunce.chat.types import Content, Mention, Part, Text
from qunce.content.actions import publishing, sessions
from qunce.content.models import Consent, Session
from qunce.content.selectors import sessions as reads
from qunce.content.selectors.writing import day_and_time
from qunce.content.types import AGREED, ConsentState, Draft, Outlet
from qunce.kernel import audit, clock, locks, revisions
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, NotFound
from qunce.members import selectors as members
from qunce.members.selectors import Visit

MOST_NAMED = 20
"""So many are addressed by one message; more get further ones."""
_ASKS = {
    Outlet.MEMBERS: gettext_noop(
        "“%(topic)s” was written up, to be read by all members of %(community)s, also outside this group."
        " Your words are quoted: reply “agree”, “anonymous” (without your name) or “no”."
        " Without an answer by %(until)s they are left out. "
    ),
    Outlet.SITE: gettext_noop(
        "“%(topic)s” was written up, for the public site of %(community)s, where anybody can read it."
        " Your words are quoted: reply “agree”, “anonymous” (without your name) or “no”."
        " Without an answer by %(until)s they are left out. "
    ),
}


@dataclass(frozen=True, slots=True)
class Answered:
    """What somebody has said in a group that may be an answer. ``reply_to``: the message that it answers."""

    group_id: int
    identity_id: int
    name: str
    state: ConsentState
    reply_to: str | None


@transaction.atomic
def ask_authors(*, actor: Actor, session_id: int, outlet: Outlet) -> int:
    """Ask everybody who is quoted and has not been asked about these words; returns how many. Needs an operator.

    Who wants to be left in peace is not asked, and left out; so is who has said no before, and whoever has left.
    """
    reads.session(actor, session_id, Permission.OPERATE)
    row = locks.row(Session, session_id)
    if row.edition == 0:
        raise Conflict(_("There is no draft yet."))
    if outlet is Outlet.GROUP:
        return 0
    draft = sessions.settle_draft(row=row)
    wanted = _to_ask(row, draft, outlet)
    now = clock.now()
    row.openness = outlet if Outlet.SITE not in {row.openness, outlet} else Outlet.SITE
    row.asked_at, row.answers_until = now, now + reads.practice(row.community_id).consent
    row.save(update_fields=["openness", "asked_at", "answers_until", "draft", "edition"])
    keys = _say(row, outlet, wanted)
    names = {each.identity_id: each.name for each in draft.kept}
    Consent.objects.bulk_create(
        [
            Consent(
                session=row,
                identity_id=identity_id,
                name=names[identity_id],
                outlet=outlet,
                fingerprint=fingerprint,
                asked_key=keys.get(identity_id, ""),
                asked_at=now,
            )
            for identity_id, fingerprint in wanted.items()
        ],
        ignore_conflicts=True,
    )
    revisions.bump(sessions.SCOPE)
    audit.record(
        actor,
        "session.asked",
        gettext_noop("%(actor)s asked whom “%(topic)s” quotes (people: %(count)s)."),
        community_id=row.community_id,
        about=("session", row.pk),
        topic=row.topic,
        count=len(wanted),
    )
    return len(wanted)


def _to_ask(row: Session, draft: Draft, outlet: Outlet) -> dict[int, str]:
    known = reads.answers_to(row, draft, outlet)
    refused = set(row.consents.filter(state=ConsentState.NO).values_list("identity_id", flat=True))
    who = members.who(set(draft.fingerprints()))
    muted = members.muted({each.member_id for each in who.values()})
    return {
        key: fingerprint
        for key, fingerprint in draft.fingerprints().items()
        if key not in known
        and key not in refused
        and key in who
        and not who[key].is_bot
        and who[key].member_id not in muted
    }


def _say(row: Session, outlet: Outlet, wanted: dict[int, str]) -> dict[int, str]:
    """Address those who are in the group; returns by which delivery each is asked."""
    who = members.who(set(wanted))
    here = members.addressed({(row.group_id, each.member_id) for each in who.values()})
    there = sorted(key for key, each in who.items() if (one := here.get((row.group_id, each.member_id))) and one.here)
    with override(sessions.language_of(row)):
        text = _(_ASKS[outlet]) % {
            "topic": row.topic,
            "community": row.community.name,
            "until": day_and_time(row, row.answers_until or clock.now()),
        }
    keys: dict[int, str] = {}
    for number, first in enumerate(range(0, len(there), MOST_NAMED)):
        named = there[first : first + MOST_NAMED]
        parts: list[Part] = [Text(text)]
        for key in named:
            one = here[row.group_id, who[key].member_id]
            parts += [Mention(one.external_id, " ".join(one.name.split())[:60]), Text(" ")]
        part = f"consent:{row.edition}:{outlet}:{number}"
        if not sessions.send(row=row, content=Content(tuple(parts)), part=part):
            keys |= dict.fromkeys(named, f"session:{row.pk}:{part}")
    return keys


# ------------------------------------------------------------------ answers
def note_answers(*, answers: Sequence[Answered]) -> int:
    """What was said in groups where authors are asked; returns how many of them were answers.

    An answer to the message that asks counts, and a word that stands alone where somebody is asked and answers
    nothing else.
    """
    counted = 0
    for each in answers:
        rows = list(
            Consent.objects.filter(
                identity_id=each.identity_id,
                session__group_id=each.group_id,
                session__asked_at__gt=clock.now() - reads.STILL_HEARD,
            ).order_by("-pk")
        )
        fates = chats.fates({row.asked_key for row in rows if row.asked_key})
        met = [
            row
            for row in rows
            if (fate := fates.get(row.asked_key)) is not None
            and fate.at is not None
            and (fate.external_id == each.reply_to if each.reply_to else row.state == ConsentState.ASKED)
        ]
        if met:
            _answer(Actor(id=None, name=each.name), met[0].pk, each.state, "words")
            counted += 1
    return counted


def answer_on_page(*, visit: Visit, consent_id: int, state: ConsentState) -> None:
    """A member says on their own page what may become of their words. NotFound where they are not theirs."""
    if consent_id not in {each.pk for each in reads.asked_of(visit)} or state is ConsentState.ASKED:
        raise NotFound
    _answer(Actor(id=None, name=visit.member.name), consent_id, state, "page")


@transaction.atomic
def _answer(by: Actor, consent_id: int, state: ConsentState, way: str) -> None:
    row = locks.row(Session, Consent.objects.values_list("session", flat=True).get(pk=consent_id))
    said = locks.row(Consent, consent_id)
    now = clock.now()
    if state is ConsentState.NO:  # whatever they have agreed to before: no means none of it
        row.consents.filter(identity_id=said.identity_id).update(state=state, way=way, answered_at=now)
    else:
        said.state, said.way, said.answered_at = state, way, now
        said.save(update_fields=["state", "way", "answered_at"])
    sentence = {
        ConsentState.YES: gettext_noop("%(actor)s agreed to be quoted in “%(topic)s”."),
        ConsentState.ANONYMOUS: gettext_noop("%(actor)s agreed to be quoted in “%(topic)s” without a name."),
        ConsentState.NO: gettext_noop("%(actor)s does not want to be quoted in “%(topic)s”."),
    }[state]
    audit.record(
        by,
        "session.consent" if state in AGREED else "session.consent_refused",
        sentence,
        community_id=row.community_id,
        about=("session", row.pk),
        topic=row.topic,
    )
    if row.outward:
        publishing.renew(row=row)
    sessions.touch(row=row)


@transaction.atomic
def record_export(*, actor: Actor, session_id: int) -> None:
    """Note that what authors have said was taken along as a file. Needs an operator."""
    row = reads.session(actor, session_id, Permission.OPERATE)
    audit.record(
        actor,
        "session.consents_exported",
        gettext_noop("%(actor)s saved what the authors of “%(topic)s” have said as a file."),
        community_id=row.community_id,
        about=("session", row.pk),
        topic=row.topic,
    )
