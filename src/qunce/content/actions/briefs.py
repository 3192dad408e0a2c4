"""What people do with the brief of a day: picking, editing, approving, leaving it out."""

from collections.abc import Sequence
from contextlib import suppress

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.chat import selectors as chat
from qunce.content.actions.feeds import TOPIC
from qunce.content.models import Brief, BriefPick, BriefPlan
from qunce.content.policies import briefs as policies
from qunce.content.policies import feeds as addresses
from qunce.content.selectors import briefs as reads
from qunce.content.selectors import feeds, items
from qunce.content.types import BriefState, Line
from qunce.content.types.briefs import LONGEST_LINE_TEXT, LONGEST_LINE_TITLE, MOST_LINES
from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import SYSTEM, Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotFound, QunceError
from qunce.kernel.ids import new_id
from qunce.team import actions as team

LONGEST_REASON = 400
LONGEST_FRAME = 1000


# ------------------------------------------------------------------ what is picked
def entry_line(*, actor: Actor, entry_id: int) -> Line:
    """An entry of a feed as a line. Raises NotFound."""
    found = feeds.line_candidates(actor, [entry_id])
    if not found:
        raise NotFound
    return policies.line_of(found[0])


def item_line(*, actor: Actor, item_id: int) -> Line:
    """An item of the library as a line. Raises NotFound."""
    item = items.item(actor, item_id)
    document = items.document_of(item)
    return Line(
        key=f"item:{item.pk}",
        title=document.title[:LONGEST_LINE_TITLE],
        text=policies.shortened(document.summary),
        url=addresses.address(document.url),
        source=document.source[:80],
    )


def own_line(*, title: str, text: str = "", url: str = "", source: str = "") -> Line:
    """Something that somebody has written, or found elsewhere, as a line. Raises Invalid."""
    title, text, url = " ".join(title.split()), text.strip(), url.strip()
    if not title or len(title) > LONGEST_LINE_TITLE:
        raise Invalid(_("Between 1 and %(count)d characters.") % {"count": LONGEST_LINE_TITLE}, field="title")
    if len(text) > LONGEST_LINE_TEXT:
        raise Invalid(_("At most %(count)d characters.") % {"count": LONGEST_LINE_TEXT}, field="text")
    if url and not addresses.address(url):
        raise Invalid(_("This is not a web address; it begins with https://."), field="url")
    return Line(key=f"own:{new_id()}", title=title, text=text, url=url, source=" ".join(source.split())[:80])


@transaction.atomic
def pick(*, actor: Actor, plan_id: int, line: Line) -> BriefPick:
    """Want a line in the next brief of a plan: at once where one can be edited. For service agents and up.

    The same picked twice is picked once.
    """
    plan = reads.plan(actor, plan_id, Permission.REPLY)
    locks.name(f"picks:{plan_id}")
    line = line.model_copy(update={"picked": True})
    still = Q(brief=None) | Q(brief__state__in=[BriefState.OPEN, BriefState.APPROVED])
    if known := BriefPick.objects.filter(still, plan=plan, key=line.key).first():
        return known
    row = BriefPick(
        plan=plan, key=line.key, line=line.model_dump(mode="json"), picked_by_name=actor.name, at=clock.now()
    )
    ahead = Brief.objects.filter(plan=plan, state__in=[BriefState.OPEN, BriefState.APPROVED], send_at__gt=row.at)
    brief = ahead.select_for_update().order_by("send_at").first()
    if brief is not None and len(brief.lines) < MOST_LINES:
        row.brief = brief
        if all(each["key"] != line.key for each in brief.lines):
            _put(brief, [*reads.lines_of(brief), line])
    row.save()
    sentence = gettext_noop("%(actor)s picked “%(title)s” for the brief “%(name)s”.")
    _note(actor, plan, "brief.picked", sentence, line.title)
    return row


@transaction.atomic
def drop_pick(*, actor: Actor, pick_id: int) -> None:
    """Want it no more, as long as no brief has taken it."""
    row = BriefPick.objects.filter(pk=pick_id, brief=None).first()
    if row is None:
        raise NotFound
    plan = reads.plan(actor, row.plan_id, Permission.REPLY)
    sentence = gettext_noop("%(actor)s took “%(title)s” off the brief “%(name)s”.")
    _note(actor, plan, "brief.unpicked", sentence, row.line["title"])
    row.delete()


# ------------------------------------------------------------------ editing
@transaction.atomic
def edit_brief(
    *, actor: Actor, brief_id: int, edition: int, lines: Sequence[tuple[str, str, str]], header: str, footer: str
) -> Brief:
    """Say it otherwise, until it goes out: the lines (key, title, text) that stay, in their order.

    ``edition``: which one was seen; Conflict where somebody has changed it since.
    """
    row = _editable(actor, brief_id, edition)
    known = {line.key: line for line in reads.lines_of(row)}
    kept = []
    for key, title, text in lines:
        if key not in known:
            raise Conflict(_("A line of this brief is not there any more."), fix=_("Look at it as it is now."))
        said = own_line(title=title, text=text)
        kept.append(known.pop(key).model_copy(update={"title": said.title, "text": said.text}))
    for field, text in (("header", header), ("footer", footer)):
        _require_frame(field, text)
    row.header, row.footer, row.edited_by_name = header.strip(), footer.strip(), actor.name
    _put(row, kept)
    _said(actor, row, "brief.edited", gettext_noop("%(actor)s edited the brief “%(name)s” of %(day)s."))
    return row


@transaction.atomic
def add_line(*, actor: Actor, brief_id: int, line: Line) -> Brief:
    """Add a line at the end."""
    row = _editable(actor, brief_id)
    lines = reads.lines_of(row)
    if any(each.key == line.key for each in lines):
        return row
    if len(lines) >= MOST_LINES:
        raise Invalid(_("At most %(count)d of them.") % {"count": MOST_LINES})
    row.edited_by_name = actor.name
    _put(row, [*lines, line.model_copy(update={"picked": True})])
    _said(actor, row, "brief.edited", gettext_noop("%(actor)s edited the brief “%(name)s” of %(day)s."))
    return row


@transaction.atomic
def approve_brief(*, actor: Actor, brief_id: int, edition: int) -> Brief:
    """Let it go out at its hour as it is; it can still be edited. ``edition``: which one was seen."""
    row = _editable(actor, brief_id, edition)
    if not row.lines:
        raise Invalid(_("There is nothing in it yet."), fix=_("Add a line, or leave this day out."))
    if row.state == BriefState.APPROVED:
        return row
    row.state, row.approved_by, row.approved_by_name = BriefState.APPROVED, actor.id, actor.name
    row.save(update_fields=["state", "approved_by", "approved_by_name"])
    if row.task_id:
        with suppress(QunceError):  # it has ended in another way, or is somebody else's
            team.complete_task(actor=actor, task_id=row.task_id)
    _said(actor, row, "brief.approved", gettext_noop("%(actor)s approved the brief “%(name)s” of %(day)s."))
    return row


@transaction.atomic
def take_approval_back(*, actor: Actor, brief_id: int) -> Brief:
    """Nobody has approved it any more."""
    row = _editable(actor, brief_id)
    if row.state != BriefState.APPROVED:
        return row
    row.state, row.approved_by, row.approved_by_name = BriefState.OPEN, None, ""
    row.save(update_fields=["state", "approved_by", "approved_by_name"])
    sentence = gettext_noop("%(actor)s took back the approval of the brief “%(name)s” of %(day)s.")
    _said(actor, row, "brief.unapproved", sentence)
    return row


@transaction.atomic
def leave_out(*, actor: Actor, brief_id: int, reason: str) -> Brief:
    """Let nothing go out on this day."""
    row = _editable(actor, brief_id)
    row.state = BriefState.SKIPPED
    row.why = reason.strip()[:LONGEST_REASON] or gettext_noop("Somebody of the team left it out.")
    row.save(update_fields=["state", "why"])
    end_task(row, _("The brief is left out."))
    _said(actor, row, "brief.left_out", gettext_noop("%(actor)s left out the brief “%(name)s” of %(day)s."))
    return row


@transaction.atomic
def take_in_again(*, actor: Actor, brief_id: int) -> Brief:
    """Let it go out after all, as long as its hour has not come."""
    row = _locked(actor, brief_id)
    if row.state != BriefState.SKIPPED or row.send_at <= clock.now():
        raise Conflict(_("Its hour is over."))
    if reads.plan_of(row).active_since is None:
        raise Conflict(_("Its plan rests."), fix=_("Let the plan go out again first."))
    row.state, row.why = BriefState.OPEN, ""
    row.save(update_fields=["state", "why"])
    _said(actor, row, "brief.taken_in", gettext_noop("%(actor)s took in the brief “%(name)s” of %(day)s again."))
    return row


def end_task(row: Brief, reason: str) -> None:
    """Its editor has nothing to do any more; in the caller's transaction."""
    if row.task_id:
        with suppress(NotFound):
            team.cancel_task(actor=SYSTEM, reason=reason, task_id=row.task_id)


# ------------------------------------------------------------------ within
def _locked(actor: Actor, brief_id: int) -> Brief:
    reads.brief(actor, brief_id, Permission.OPERATE)
    return locks.row(Brief, brief_id)


def _editable(actor: Actor, brief_id: int, edition: int | None = None) -> Brief:
    row = _locked(actor, brief_id)
    if row.state not in {BriefState.OPEN, BriefState.APPROVED}:
        raise Conflict(_("This brief went out, or was left out."))
    if edition is not None and row.edition != edition:
        raise Conflict(
            _("Somebody changed this brief after you opened it; nothing of yours was saved."),
            fix=_("Look at it as it is now, and change it then."),
        )
    return row


def _require_frame(field: str, text: str) -> None:
    if len(text) > LONGEST_FRAME:
        raise Invalid(_("At most %(count)d characters.") % {"count": LONGEST_FRAME}, field=field)
    if text.strip():
        try:
            chat.parse_text(text)
        except Invalid as error:
            error.field = field
            raise


def _put(row: Brief, lines: Sequence[Line]) -> None:
    row.lines = [line.model_dump(mode="json") for line in lines]
    row.edition += 1
    row.save()


def _said(actor: Actor, row: Brief, action: str, sentence: str) -> None:
    audit.record(
        actor,
        action,
        sentence,
        community_id=row.community_id,
        about=("brief", row.pk),
        name=reads.plan_of(row).name,
        day=row.day.isoformat(),
    )
    live.touch(TOPIC, "today")


def _note(actor: Actor, plan: BriefPlan, action: str, sentence: str, title: str) -> None:
    about = ("brief_plan", plan.pk)
    audit.record(actor, action, sentence, community_id=plan.community_id, about=about, name=plan.name, title=title)
    live.touch(TOPIC)
