"""Write-ups go out: to the group at once, further only with what their authors have agreed to."""

from contextlib import suppress
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from qunce.chat.types import Content
from qunce.content.actions import items as library
from qunce.content.actions import sessions
from qunce.content.models import Item, Session
from qunce.content.policies import leaving
from qunce.content.selectors import sessions as reads
from qunce.content.selectors import sites, writing
from qunce.content.types import Draft, Openness, Outlet, SessionState
from qunce.kernel import audit, clock, locks
from qunce.kernel.actor import SYSTEM, Actor, Permission
from qunce.kernel.errors import Conflict

LONGEST_IN_GROUP = 3_000
"""A longer write-up goes to the group as its points and a link."""
_OPEN = {Outlet.MEMBERS: Openness.MEMBERS, Outlet.SITE: Openness.PUBLIC}


# ------------------------------------------------------------------ out
@transaction.atomic
def publish_session(*, actor: Actor, session_id: int, outlet: Outlet) -> Session:
    """Let a write-up go out: into its group, to members, or onto the public site. Needs an operator; the site a lead.

    Beyond the group goes only what its authors have agreed to, in these very words. Conflict where that is nothing.
    """
    reads.session(actor, session_id, Permission.OPERATE)
    if outlet is Outlet.SITE:
        actor.require(Permission.LEAD, reads.session(actor, session_id).community_id)
    row = locks.row(Session, session_id)
    if row.edition == 0 or not sessions.settle_draft(row=row).kept:
        raise Conflict(_("There is nothing to publish yet."), fix=_("Wait for the draft, or put passages back."))
    if outlet is Outlet.GROUP:
        _into_group(row)
    else:
        _beyond(actor, row, outlet)
    row.outlets = sorted({*row.outlets, outlet})
    row.state, row.changed_at = SessionState.PUBLISHED, clock.now()
    row.save()
    sentence = {
        Outlet.GROUP: gettext_noop("%(actor)s sent the write-up of “%(topic)s” to its group."),
        Outlet.MEMBERS: gettext_noop("%(actor)s published the write-up of “%(topic)s” for members."),
        Outlet.SITE: gettext_noop("%(actor)s published the write-up of “%(topic)s” on the public site."),
    }[outlet]
    note(actor, row, "session.published", sentence)
    return row


def _into_group(row: Session) -> None:
    """What was said in the group is said to the group: nobody has to be asked."""
    draft, language = reads.draft_of(row), sessions.language_of(row)
    words = writing.headings(language)
    whole = leaving.plain(draft, words)
    if len(whole) <= LONGEST_IN_GROUP:
        text = whole
    else:
        with override(language):
            where = _("Members find the whole of it on their own pages.")
        if (address := _address(row)) and Outlet.SITE in row.outlets:
            where = address
        said = [f"《{draft.title or row.topic}》", *(f"· {each}" for each in leaving.points(draft)), where]
        text = "\n".join(said)
    if obstacle := sessions.send(row=row, content=Content.of(text), part=f"text:{row.edition}"):
        raise Conflict(_("It cannot be sent to the group."), fix=_(obstacle))


def _address(row: Session) -> str:
    site = sites.site_of(row.community_id)
    if not settings.BASE_URL or site is None or not site.enabled or row.item_id is None:
        return ""
    return f"{settings.BASE_URL}/site/{site.slug}/{Item.objects.values_list('key', flat=True).get(pk=row.item_id)}/"


def _beyond(actor: Actor, row: Session, outlet: Outlet) -> None:
    draft = reads.draft_of(row)
    far = Outlet.SITE if Outlet.SITE in {*row.outlets, outlet} else outlet
    if not _write(actor, row, draft, far):
        raise Conflict(
            _("Nobody whom it quotes has agreed to these words yet."),
            fix=_("Ask the authors, and wait for their answers."),
        )
    row.outward = draft.model_dump(mode="json")


def _write(actor: Actor, row: Session, draft: Draft, outlet: Outlet) -> bool:
    """Make the item say what may leave; returns whether anything may."""
    language = sessions.language_of(row)
    left = writing.leaving_of(row, draft, outlet, language)
    if not left.passages:
        return False
    document = writing.document_of(row, left, language)
    item = locks.row(Item, row.item_id) if row.item_id else None
    if item is None:
        item = library.create_item(
            actor=actor,
            document=document,
            key=f"{row.began_at.astimezone(ZoneInfo(row.community.zone)):%Y-%m-%d}-{row.pk}",
            community_id=row.community_id,
            openness=_OPEN[outlet],
            origin=f"session:{row.pk}",
        )
        row.item = item
    else:
        item = library.change_item(
            actor=actor,
            item_id=item.pk,
            edition=item.edition,
            document=document,
            key=item.key,
            openness=_OPEN[outlet],
        )
    library.publish_item(actor=actor, item_id=item.pk, edition=item.edition)
    return True


# ------------------------------------------------------------------ back
def renew(*, row: Session) -> None:
    """Somebody has changed their mind about what is out: it says so at once, in the caller's transaction."""
    draft = reads.outward_of(row)
    far = Outlet.SITE if Outlet.SITE in row.outlets else Outlet.MEMBERS
    if draft is None or row.item_id is None or not {Outlet.SITE, Outlet.MEMBERS} & set(row.outlets):
        return
    if not _write(SYSTEM, row, draft, far):
        library.take_down_item(
            actor=SYSTEM, item_id=row.item_id, reason=gettext_noop("Nobody whom it quotes agrees any more.")
        )


@transaction.atomic
def take_back(*, actor: Actor, session_id: int) -> Session:
    """Take a write-up from the members' pages and the site. Needs an operator."""
    reads.session(actor, session_id, Permission.OPERATE)
    row = locks.row(Session, session_id)
    if row.item_id is not None:
        library.take_down_item(actor=actor, item_id=row.item_id, reason=_("The write-up was taken back."))
    row.outlets = [each for each in row.outlets if each == Outlet.GROUP]
    row.plan, row.outward = [], None
    row.state = SessionState.PUBLISHED if row.outlets else SessionState.EDITED
    row.save()
    note(actor, row, "session.taken_back", gettext_noop("%(actor)s took the write-up of “%(topic)s” back."))
    return row


def publish_due() -> int:
    """Publish what is planned and whose authors have answered, or had their time; returns how many. For the clock."""
    done = 0
    waiting = Session.objects.filter(
        state__in=[SessionState.EDITED, SessionState.PUBLISHED], answers_until__isnull=False
    )
    for row in waiting.exclude(plan=[]).select_related("community").order_by("pk"):
        over = row.answers_until is not None and row.answers_until <= clock.now()
        if not over and writing.unanswered(row):
            continue
        for outlet in (Outlet.MEMBERS, Outlet.SITE):
            if outlet in row.plan and outlet not in row.outlets:
                with suppress(Conflict):
                    publish_session(actor=SYSTEM, session_id=row.pk, outlet=outlet)
                    done += 1
        if over:
            Session.objects.filter(pk=row.pk).update(answers_until=None)
    return done


def note(actor: Actor, row: Session, action: str, sentence: str) -> None:
    audit.record(actor, action, sentence, community_id=row.community_id, about=("session", row.pk), topic=row.topic)
    sessions.touch(row=row)
