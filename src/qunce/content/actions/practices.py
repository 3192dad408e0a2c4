"""How a community holds its sessions."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community import selectors as community
from qunce.content.actions.sessions import SCOPE
from qunce.content.models import Practice
from qunce.content.selectors import sessions as reads
from qunce.content.types import Words
from qunce.kernel import audit, locks, revisions
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid
from qunce.members import selectors as members


@transaction.atomic
def set_practice(
    *,
    actor: Actor,
    community_id: int,
    begins: Sequence[str],
    ends: Sequence[str],
    silence: timedelta,
    consent: timedelta,
) -> Practice:
    """By which words sessions begin and end, and how long is waited. Needs a lead of the community."""
    community.community(actor, community_id, Permission.LEAD)
    first, last = _said(begins), _said(ends)
    if not first or not last:
        raise Invalid(_("At least one word to begin and one to end."), field="begins")
    if set(first) & set(last):
        raise Invalid(_("The same words cannot begin and end a session."), field="ends")
    row = _locked(community_id)
    row.begins, row.ends, row.silence, row.consent = first, last, silence, consent
    row.save()
    revisions.bump(SCOPE)
    audit.record(
        actor,
        "session.practice",
        gettext_noop("%(actor)s changed how sessions begin and end."),
        community_id=community_id,
        about=("community", community_id),
    )
    return row


@transaction.atomic
def set_standing_scribe(*, actor: Actor, community_id: int, member_id: int, named: bool) -> None:
    """Let a member write up every session of a community, or no more, from the next one on. Needs a lead of it.

    NotFound where the actor does not see them; Invalid where they are in no group of the community.
    """
    home = community.community(actor, community_id, Permission.LEAD)
    person = members.member(actor, member_id)
    row = _locked(community_id)
    before = reads.usual_scribes(community_id)
    if (person.pk in before) == named:
        return
    if named and not reads.possible_scribes(actor, community_id).filter(pk=person.pk).exists():
        raise Invalid(_("%(name)s is in no group of this community.") % {"name": person.name}, field="member")
    after = before | {person.pk} if named else before - {person.pk}
    row.scribe_ids = sorted(after)
    row.save()
    sentence = (
        gettext_noop("%(actor)s named %(name)s as a scribe of all sessions of %(community)s.")
        if named
        else gettext_noop("%(actor)s released %(name)s from writing up all sessions of %(community)s.")
    )
    audit.record(
        actor,
        "session.standing_scribe",
        sentence,
        community_id=community_id,
        about=("community", community_id),
        name=person.name,
        community=home.name,
    )


def _locked(community_id: int) -> Practice:
    """The community's row, or a new one that says what is usual; nobody else changes it meanwhile."""
    locks.name(f"practice:{community_id}")
    usual = Words()
    return Practice.objects.filter(pk=community_id).first() or Practice(
        community_id=community_id,
        begins=list(usual.begins),
        ends=list(usual.ends),
        silence=usual.silence,
        consent=usual.consent,
    )


def _said(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(said[:40] for each in words if (said := " ".join(each.split()))))
