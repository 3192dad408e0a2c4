"""Every change of plans: when a brief goes out, to which groups, and what it is chosen from."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.chat import selectors as chat
from qunce.chat.types import to_json
from qunce.community import selectors as community
from qunce.content.actions.feeds import TOPIC
from qunce.content.models import Brief, BriefPlan
from qunce.content.policies import briefs as policies
from qunce.content.selectors import briefs as reads
from qunce.content.selectors import feeds
from qunce.content.types import BriefState, PlanWish
from qunce.content.types.briefs import MOST_LINES, MOST_WORDS
from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid
from qunce.team import selectors as team

LONGEST_NAME, LONGEST_FRAME, LONGEST_WORD = 80, 1000, 40
LONGEST_WINDOW, MOST_WEIGHT = 48, 5
RESTS = gettext_noop("Its plan rests.")


@transaction.atomic
def make_plan(*, actor: Actor, community_id: int, wish: PlanWish) -> BriefPlan:
    """Have a brief go out from now on. Raises Invalid."""
    home = community.community(actor, community_id, Permission.OPERATE)
    now = clock.now()
    row = BriefPlan(community=home, created_at=now, active_since=now)
    _write(actor, row, wish)
    row.save()
    _note(actor, row, "brief_plan.made", gettext_noop("%(actor)s planned the brief “%(name)s”."))
    return row


@transaction.atomic
def change_plan(*, actor: Actor, plan_id: int, edition: int, wish: PlanWish) -> BriefPlan:
    """Plan it otherwise; briefs that can be edited already go out at the new hour, unless it is over.

    ``edition``: which one was seen; Conflict where somebody has changed it since.
    """
    row = _locked(actor, plan_id)
    if row.edition != edition:
        raise Conflict(
            _("Somebody changed this plan after you opened it; nothing of yours was saved."),
            fix=_("Look at it as it is now, and change it then."),
        )
    _write(actor, row, wish)
    row.edition += 1
    row.save()
    now = clock.now()
    for each in locks.rows(Brief, _open(row)):
        each.send_at = policies.moment(each.day, row.at, row.community.zone)
        if each.day.weekday() not in row.weekdays or each.send_at <= now:
            each.delete()  # nobody has seen it go out; the day it belongs to makes its own
        else:
            each.save(update_fields=["send_at"])
    _note(actor, row, "brief_plan.changed", gettext_noop("%(actor)s changed the plan of the brief “%(name)s”."))
    return row


@transaction.atomic
def rest_plan(*, actor: Actor, plan_id: int, rests: bool) -> BriefPlan:
    """Let nothing of it go out for now, or let it go out again from now on."""
    row = _locked(actor, plan_id)
    if (row.active_since is None) == rests:
        return row
    row.active_since = None if rests else clock.now()
    row.changed_by, row.changed_by_name = actor.id, actor.name
    row.save(update_fields=["active_since", "changed_by", "changed_by_name"])
    if rests:
        _leave_out(row)
    sentence = gettext_noop("%(actor)s lets the brief “%(name)s” rest.")
    again = gettext_noop("%(actor)s lets the brief “%(name)s” go out again.")
    _note(actor, row, "brief_plan.rested" if rests else "brief_plan.resumed", sentence if rests else again)
    return row


@transaction.atomic
def archive_plan(*, actor: Actor, plan_id: int) -> None:
    """Take a plan off the list; what went out stays in the history."""
    row = _locked(actor, plan_id)
    row.active_since, row.archived_at = None, clock.now()
    row.save(update_fields=["active_since", "archived_at"])
    _leave_out(row)
    _note(actor, row, "brief_plan.archived", gettext_noop("%(actor)s archived the brief “%(name)s”."))


# ------------------------------------------------------------------ within
def _open(row: BriefPlan) -> list[int]:
    found = Brief.objects.filter(plan=row, state__in=[BriefState.OPEN, BriefState.APPROVED])
    return list(found.values_list("pk", flat=True))


def _leave_out(row: BriefPlan) -> None:
    Brief.objects.filter(pk__in=_open(row)).update(state=BriefState.SKIPPED, why=RESTS)


def _locked(actor: Actor, plan_id: int) -> BriefPlan:
    reads.plan(actor, plan_id, Permission.OPERATE)
    return locks.row(BriefPlan, plan_id)


def _write(actor: Actor, row: BriefPlan, wish: PlanWish) -> None:
    name = " ".join(wish.name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(_("Between 1 and %(count)d characters.") % {"count": LONGEST_NAME}, field="name")
    days = tuple(sorted({day for day in wish.weekdays if 0 <= day <= 6}))  # noqa: PLR2004 (Sunday)
    if not days:
        raise Invalid(_("Choose at least one day."), field="weekdays")
    if not 1 <= wish.opens <= LONGEST_WINDOW:
        raise Invalid(_("Between 1 and %(count)d.") % {"count": LONGEST_WINDOW}, field="opens")
    if not 1 <= wish.count <= MOST_LINES:
        raise Invalid(_("Between 1 and %(count)d.") % {"count": MOST_LINES}, field="count")
    if not 1 <= wish.at_least <= wish.count:
        raise Invalid(_("Between 1 and %(count)d.") % {"count": wish.count}, field="at_least")
    for field, text in (("header", wish.header), ("footer", wish.footer)):
        _require_text(field, text)
    row.name, row.weekdays, row.at, row.opens, row.count = name, list(days), wish.at, wish.opens, wish.count
    row.header, row.footer = wish.header.strip(), wish.footer.strip()
    row.wanted, row.unwanted = _words("wanted", wish.wanted), _words("unwanted", wish.unwanted)
    row.fallback, row.at_least = wish.fallback, wish.at_least
    row.day_off = wish.day_off if wish.day_off in policies.COUNTRIES else ""
    row.editor_id = wish.editor_id
    if row.editor_id and not team.who_may(Permission.OPERATE, [row.community_id]).filter(pk=row.editor_id).exists():
        raise Invalid(_("This person does not work in this community."), field="editor")
    offered = set(feeds.feeds_for(row.community_id).values_list("pk", flat=True))
    weights = {key: weight for key, weight in wish.weights.items() if key in offered}
    row.weights = {str(key): max(1, min(MOST_WEIGHT, weight)) for key, weight in sorted(weights.items())}
    row.selection = to_json(wish.selection)
    if not chat.selectable(actor, reads.selection_of(row)).exists():
        raise Invalid(_("None of the chosen groups is in this community."), field="whom")
    row.changed_by, row.changed_by_name = actor.id, actor.name


def _require_text(field: str, text: str) -> None:
    if len(text) > LONGEST_FRAME:
        raise Invalid(_("At most %(count)d characters.") % {"count": LONGEST_FRAME}, field=field)
    if text.strip():
        try:
            chat.parse_text(text)
        except Invalid as error:
            error.field = field
            raise


def _words(field: str, words: tuple[str, ...]) -> list[str]:
    kept = list(dict.fromkeys(word.strip() for word in words if word.strip()))
    if len(kept) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in kept):
        raise Invalid(
            _("At most %(most)d words of %(longest)d characters.") % {"most": MOST_WORDS, "longest": LONGEST_WORD},
            field=field,
        )
    return kept


def _note(actor: Actor, row: BriefPlan, action: str, sentence: str) -> None:
    audit.record(actor, action, sentence, community_id=row.community_id, about=("brief_plan", row.pk), name=row.name)
    live.touch(TOPIC)
