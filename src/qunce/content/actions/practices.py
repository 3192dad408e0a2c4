"""How a community holds its sessions."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community import selectors as community
from qunce.content.actions.sessions import SCOPE
from qunce.content.models import Practice
from qunce.kernel import audit, revisions
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid


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
    row = Practice.objects.filter(pk=community_id).first() or Practice(community_id=community_id)
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


def _said(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(said[:40] for each in words if (said := " ".join(each.split()))))
