"""A write-up is done: what is planned for it begins."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.content.actions import sessions
from qunce.content.actions.consents import ask_authors
from qunce.content.actions.publishing import note, publish_session
from qunce.content.models import Session
from qunce.content.selectors import sessions as reads
from qunce.content.types import Outlet, SessionState
from qunce.kernel import clock, locks
from qunce.kernel.actor import SYSTEM, Actor, Permission
from qunce.kernel.errors import Conflict
from qunce.members.selectors import Visit


@transaction.atomic
def finish(*, actor: Actor, session_id: int) -> Session:
    """The write-up is done: what its plan says begins. Needs an operator."""
    reads.session(actor, session_id, Permission.OPERATE)
    return _finish(actor, session_id)


@transaction.atomic
def finish_as_scribe(*, visit: Visit, session_id: int) -> Session:
    """The same by a member who was named as a scribe."""
    reads.scribed(visit, session_id)
    return _finish(Actor(id=None, name=visit.member.name), session_id)


@transaction.atomic
def put_away(*, actor: Actor, session_id: int, away: bool) -> Session:
    """Take a session that is nowhere outside off the lists and scribes' pages, or back onto them. Needs an operator.

    Conflict while it goes on, and where members or readers of the site have it.
    """
    reads.session(actor, session_id, Permission.OPERATE)
    row = locks.row(Session, session_id)
    if (row.state == SessionState.AWAY) == away:
        return row
    if away and (row.state == SessionState.RUNNING or row.edition == 0):
        raise Conflict(_("It is not over yet."), fix=_("End it, and wait for its draft."))
    if away and {Outlet.MEMBERS, Outlet.SITE} & set(row.outlets):
        raise Conflict(_("It can be read outside the group."), fix=_("Take the write-up back first."))
    row.state, row.changed_at = SessionState.AWAY if away else SessionState.DRAFTED, clock.now()
    if away:
        row.plan = []
    row.save(update_fields=["state", "changed_at", "plan"])
    sentence = (
        gettext_noop("%(actor)s put the session “%(topic)s” away.")
        if away
        else gettext_noop("%(actor)s took the session “%(topic)s” up again.")
    )
    note(actor, row, "session.put_away" if away else "session.taken_up", sentence)
    return row


def _finish(by: Actor, session_id: int) -> Session:
    row = locks.row(Session, session_id)
    if row.state not in {SessionState.DRAFTED, SessionState.EDITED}:
        return row
    sessions.settle_draft(row=row)
    row.state, row.changed_at = SessionState.EDITED, clock.now()
    row.save(update_fields=["state", "changed_at", "draft", "edition"])
    note(by, row, "session.written", gettext_noop("%(actor)s finished the write-up of “%(topic)s”."))
    if Outlet.GROUP in row.plan:
        publish_session(actor=SYSTEM, session_id=row.pk, outlet=Outlet.GROUP)
    if further := [each for each in (Outlet.SITE, Outlet.MEMBERS) if each in row.plan]:
        ask_authors(actor=SYSTEM, session_id=row.pk, outlet=further[0])
    row.refresh_from_db()
    return row
