"""What happens to briefs by the clock: they are proposed when they can be edited, and go out at their hour, once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.chat import actions as chat
from qunce.community import selectors as community
from qunce.content.actions.briefs import end_task
from qunce.content.actions.feeds import TOPIC
from qunce.content.actions.plans import RESTS
from qunce.content.models import Brief, BriefPick, BriefPlan
from qunce.content.policies import briefs as policies
from qunce.content.selectors import briefs as reads
from qunce.content.selectors import feeds
from qunce.content.types import LATE_AFTER, BriefState, Fallback, Line
from qunce.content.types.briefs import MOST_LINES
from qunce.kernel import clock, live, locks
from qunce.kernel.actor import SYSTEM, Actor, Permission
from qunce.kernel.errors import Busy, QunceError
from qunce.team import actions as team
from qunce.team import selectors as staff
from qunce.team.types import Topic

_BROADCASTS = UUID("5a3f1c1e-77d4-4a5f-8a53-2f1f3a0b7c55")
NOT_RUNNING = gettext_noop("Qunce was not running at that time.")
TOO_LATE = gettext_noop("It was too late for it.")
DAY_OFF = gettext_noop("It was a public holiday.")
NOTHING_NEW = gettext_noop("There was nothing new in its feeds, and nobody had picked anything.")
TOO_FEW = gettext_noop("There were fewer entries than it needs to go out by itself.")
NOBODY_APPROVED = gettext_noop("Nobody had approved it.")
NOBODY = gettext_noop("Whoever planned it is not in the team any more.")
BY_ITSELF = gettext_noop("Nobody had edited it; it went out by itself.")
LEFT_OUT = gettext_noop("The brief “%(name)s” of %(day)s did not go out: %(reason)s")


def keep_briefs() -> None:
    """Propose what can be edited from now on, and send what is due. Cut off anywhere, it goes on where it was."""
    now = clock.now()
    plans = reads.active_plans()
    made = reads.made([plan.pk for plan in plans], now)
    for plan in plans:
        zone = plan.community.zone
        for day in policies.days_about(now, zone):
            at = policies.moment(day, plan.at, zone)
            opens = at - timedelta(hours=plan.opens)
            began = plan.active_since is None or at < plan.active_since
            if day.weekday() in plan.weekdays and opens <= now and not began and (plan.pk, str(day)) not in made:
                _open(plan.pk, day, at)
    for brief_id in reads.due(now):
        _settle(brief_id)


# ------------------------------------------------------------------ proposing
@transaction.atomic
def _open(plan_id: int, day: date, at: datetime) -> None:
    """The brief of a day, unless another worker has made it, or the plan rests by now."""
    plan = BriefPlan.objects.select_for_update(of=("self",)).select_related("community").get(pk=plan_id)
    if plan.active_since is None or Brief.objects.filter(plan=plan, day=day).exists():
        return
    now = clock.now()
    row = Brief(
        community=plan.community,
        plan=plan,
        day=day,
        send_at=at,
        header=plan.header,
        footer=plan.footer,
        created_at=now,
    )
    if policies.is_off(day, plan.day_off):
        row.state, row.why = BriefState.SKIPPED, DAY_OFF
        row.save()
    elif now - at >= LATE_AFTER:
        row.save()
        _skip(row, plan, NOT_RUNNING)
    else:
        row.save()
        row.lines = [line.model_dump(mode="json") for line in _proposed(row, plan)]
        row.task_id = _task(row, plan)
        row.save()
    live.touch(TOPIC, "today")


def _proposed(row: Brief, plan: BriefPlan) -> list[Line]:
    """What was picked, then the best entries."""
    locks.name(f"picks:{plan.pk}")
    for each in BriefPick.objects.filter(plan=plan, brief=None).order_by("at", "pk")[:MOST_LINES]:
        each.brief = row
        each.save(update_fields=["brief"])
    kept = BriefPick.objects.filter(brief=row).order_by("at", "pk")
    lines = [Line.model_validate(each.line) for each in kept]
    there = {line.key for line in lines}
    lines += [line for line in reads.lines_of(row) if line.picked and line.key not in there]
    return [*lines, *_best(plan, lines, plan.count - len(lines), but=row.pk)]


def _best(plan: BriefPlan, lines: Sequence[Line], count: int, *, but: int) -> list[Line]:
    now = clock.now()
    used = reads.used(plan.pk, plan.community_id, but=but)
    found = policies.propose(
        feeds.candidates(plan.community_id, reads.weights_of(plan), feeds.last_days(now)),
        now=now,
        count=count,
        wanted=plan.wanted,
        unwanted=plan.unwanted,
        used=used.union(*(policies.keys(line.title, line.url) for line in lines)),
    )
    return [policies.line_of(each) for each in found]


def _task(row: Brief, plan: BriefPlan) -> int | None:
    """Somebody has to look at it: its editor, or anybody where it does not go out otherwise."""
    editor = plan.editor_id
    if editor and not staff.who_may_take(plan.community_id).filter(pk=editor).exists():
        editor = None
    if editor is None and plan.fallback != Fallback.SKIP:
        return None
    with translation.override(plan.community.languages[0]):
        task = team.create_task(
            actor=SYSTEM,
            title=_("Look at the brief “%(name)s” of %(day)s") % {"name": plan.name, "day": row.day.isoformat()},
            community_id=plan.community_id,
            assignee_id=editor,
            due_at=row.send_at,
            url=f"/content/briefs/{row.pk}/",
            key=f"brief:{plan.pk}:{row.day}",
        )
    return task.pk


# ------------------------------------------------------------------ at its hour
@transaction.atomic
def _settle(brief_id: int) -> None:
    """Send it, or leave it out; once, whoever does it."""
    open_ones = Brief.objects.select_for_update(skip_locked=True, of=("self",)).select_related("plan__community")
    row = open_ones.filter(pk=brief_id, state__in=[BriefState.OPEN, BriefState.APPROVED]).first()
    if row is None or row.plan is None:
        return
    plan = row.plan
    if plan.active_since is None:
        _skip(row, plan, RESTS)
    elif clock.now() - row.send_at >= LATE_AFTER:
        _skip(row, plan, TOO_LATE)
    elif row.state == BriefState.APPROVED:
        _send(row, plan)
    else:
        if not row.edited_by_name:
            row.lines = [line.model_dump(mode="json") for line in _proposed(row, plan)]
        if reason := _refused(row, plan):
            _skip(row, plan, reason)
        else:
            row.why = BY_ITSELF
            _send(row, plan)


def _refused(row: Brief, plan: BriefPlan) -> str:
    """Why it does not go out by itself."""
    if plan.fallback == Fallback.SKIP:
        return NOBODY_APPROVED
    if not row.lines:
        return NOTHING_NEW
    return TOO_FEW if plan.fallback == Fallback.ENOUGH and len(row.lines) < plan.at_least else ""


def _send(row: Brief, plan: BriefPlan) -> None:
    with translation.override(plan.community.languages[0]):
        try:
            with transaction.atomic():
                actor = _sender(row, plan)
                broadcast = chat.send_broadcast(
                    actor=actor,
                    text=policies.template(row.header, reads.lines_of(row), row.footer),
                    selection=reads.selection_of(plan),
                    submission=uuid5(_BROADCASTS, f"{plan.pk} {row.day}"),
                    title=f"{plan.name} {row.day}",
                    not_after=row.send_at + LATE_AFTER,
                    manner=replace(reads.MANNER, about=f"brief:{row.pk}"),
                )
        except Busy:
            raise
        except QunceError as error:
            _skip(row, plan, NOBODY if actor_is_gone(row, plan) else str(error))
            return
        row.state, row.broadcast_id = BriefState.SENT, broadcast.pk
        row.save()
        end_task(row, _("The brief has gone out."))
    live.touch(TOPIC, "today")


def _sender(row: Brief, plan: BriefPlan) -> Actor:
    """By whose word it goes out: of who has approved it, else of who has planned it."""
    for key in (row.approved_by, plan.changed_by):
        actor = staff.actor_by_id(key) if key is not None else None
        if actor is not None and actor.may(Permission.OPERATE, plan.community_id):
            return actor
    return SYSTEM if plan.changed_by is None else staff.NOBODY


def actor_is_gone(row: Brief, plan: BriefPlan) -> bool:
    """Whether nobody stands behind it any more."""
    return _sender(row, plan) is staff.NOBODY


def _skip(row: Brief, plan: BriefPlan, reason: str) -> None:
    """Leave it out, and tell its editor, or all who operate the community."""
    row.state, row.why = BriefState.SKIPPED, reason
    row.save()
    BriefPick.objects.filter(brief=row).update(brief=None)  # the next one takes them
    with translation.override(plan.community.languages[0]):
        end_task(row, _(reason))
        said = _(reason)
    able = staff.who_may(Permission.OPERATE, [plan.community_id])
    whom = able.filter(pk=plan.editor_id) if plan.editor_id else able
    team.tell(
        staff_ids=list((whom if whom.exists() else able).values_list("pk", flat=True)),
        topic=Topic.TASKS,
        key=f"brief:{row.pk}:skipped",
        sentence=LEFT_OUT,
        url=f"/content/briefs/{row.pk}/",
        params={"name": plan.name, "day": row.day.isoformat(), "reason": said},
    )
    live.touch(TOPIC, "today")


# ------------------------------------------------------------------ for playbooks
_sampling: ContextVar[bool] = ContextVar("sampled_briefs", default=False)
SAMPLE = gettext_noop("A sample: the best entry of the day stands here")


@contextmanager
def sampled() -> Iterator[None]:
    """Inside, what playbooks say of feeds is a sample of what is stored, and nothing is kept: for rehearsals."""
    token = _sampling.set(True)
    try:
        yield
    finally:
        _sampling.reset(token)


def _samples(community_id: int, language: str, count: int) -> list[Line]:
    """Entries of any age, others each day; where none is stored, lines that say so."""
    found = feeds.candidates(community_id, {}, datetime.min.replace(tzinfo=UTC))
    begin = clock.now().toordinal() * count
    lines = [policies.line_of(found[(begin + n) % len(found)]) for n in range(min(count, len(found)))]
    with translation.override(language):
        return lines or [Line(key=f"sample:{n}", title=_(SAMPLE)) for n in range(count)]


@transaction.atomic
def todays_lines(*, community_ids: Sequence[int], count: int) -> dict[int, list[Line]]:
    """The best entries of today in each community, the same for all its groups all day, and none said before.

    In the caller's transaction. What their playbooks said on other days is not said again.
    """
    homes = list(community.visible_communities(SYSTEM).filter(pk__in=list(community_ids)).order_by("pk"))
    if _sampling.get():
        return {home.pk: _samples(home.pk, home.languages[0], count) for home in homes}
    locks.patiently(*(f"brief:{home.pk}" for home in homes))
    found: dict[int, list[Line]] = {}
    for home in homes:
        now = clock.now()
        day = clock.today(home.zone)
        row, _new = Brief.objects.get_or_create(
            community=home,
            plan=None,
            day=day,
            defaults={"send_at": now, "state": BriefState.SENT, "created_at": now},
        )
        lines = reads.lines_of(row)
        if len(lines) < count:
            used = reads.used(None, home.pk, but=row.pk).union(
                *(policies.keys(line.title, line.url) for line in lines)
            )
            more = policies.propose(
                feeds.candidates(home.pk, {}, feeds.last_days(now)), now=now, count=count - len(lines), used=used
            )
            lines += [policies.line_of(each) for each in more]
            row.lines = [line.model_dump(mode="json") for line in lines]
            row.save(update_fields=["lines"])
        found[home.pk] = lines[:count]
    return found
