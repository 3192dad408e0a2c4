"""Regular reports: planned by people, made once per period by the clock, and told to whom they are for."""

import logging
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from procrastinate.contrib.django import app

from qunce.chat import actions as chat
from qunce.chat.selectors import seats
from qunce.chat.stage import Planned
from qunce.chat.types import Content, Purpose
from qunce.community import selectors as community
from qunce.community.selectors import Community
from qunce.community.types import LANGUAGES, GroupFilter
from qunce.insights.models import KeptReport, ReportPlan
from qunce.insights.policies.periods import last_period
from qunce.insights.selectors.kept import one_plan
from qunce.insights.types import Channel, Report, Rhythm, Stretch
from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import SYSTEM, Actor, Permission
from qunce.kernel.errors import Invalid
from qunce.team import actions as team
from qunce.team import selectors as staff
from qunce.team.types import Topic

log = logging.getLogger(__name__)
MAKE = "insights.make_report"
"""The job, by name: jobs stand above what they run."""
OLD = timedelta(hours=20)
"""A report that could not be sent for so long is old news in a group."""
LAST_HOUR = 23


def plan_report(
    *,
    actor: Actor,
    community_id: int,
    rhythm: Rhythm,
    hour: int,
    language: str,
    channel: Channel,
    group_id: int | None = None,
) -> ReportPlan:
    """Have a report made regularly, or change how; the one of the period that has just ended is the first.

    For those who lead the community. ``hour``: of its zone. ``group_id``: into which group it is sent, where it is.
    """
    home = community.community(actor, community_id, Permission.LEAD)
    if not 0 <= hour <= LAST_HOUR:
        raise Invalid(_("An hour from 0 to 23, please."), field="hour")
    if language not in LANGUAGES:
        raise Invalid(_("This language is not known."), field="language")
    if channel is Channel.GROUP:
        open_groups = community.find_groups(actor, GroupFilter(community_id=home.pk))
        if group_id not in {group.pk for group in open_groups}:
            raise Invalid(_("Choose a group of this community."), field="group")
    with transaction.atomic():
        locks.name(f"report:{home.pk}:{rhythm}")
        plan, _made = ReportPlan.objects.update_or_create(
            community_id=home.pk,
            rhythm=rhythm,
            defaults={
                "hour": hour,
                "language": language,
                "channel": channel,
                "group_id": group_id if channel is Channel.GROUP else None,
                "planned_at": clock.now(),
            },
        )
        _record(actor, home, "report.planned", _PLANNED[rhythm])
        transaction.on_commit(lambda: _soon(plan.pk))
    return plan


def stop_report(*, actor: Actor, plan_id: int) -> None:
    """Have no more of it made; those that were made stay. For those who lead the community."""
    plan = one_plan(actor, plan_id)
    with transaction.atomic():
        if ReportPlan.objects.filter(pk=plan.pk).delete()[0]:
            home = community.community(actor, plan.community_id)
            _record(actor, home, "report.stopped", _STOPPED[Rhythm(plan.rhythm)])


_PLANNED = {
    Rhythm.DAILY: gettext_noop("%(actor)s had a daily report made on %(community)s."),
    Rhythm.WEEKLY: gettext_noop("%(actor)s had a weekly report made on %(community)s."),
    Rhythm.MONTHLY: gettext_noop("%(actor)s had a monthly report made on %(community)s."),
}
_STOPPED = {
    Rhythm.DAILY: gettext_noop("%(actor)s ended the daily report on %(community)s."),
    Rhythm.WEEKLY: gettext_noop("%(actor)s ended the weekly report on %(community)s."),
    Rhythm.MONTHLY: gettext_noop("%(actor)s ended the monthly report on %(community)s."),
}


def _record(actor: Actor, home: Community, action: str, sentence: str) -> None:
    about = ("community", home.pk)
    audit.record(actor, action, sentence, community_id=home.pk, about=about, community=home.name)
    live.touch(f"community:{home.pk}", f"reports:{home.pk}")


def _soon(plan_id: int) -> None:
    app.configure_task(MAKE, lock=MAKE).defer(plan_id=plan_id)


# ------------------------------------------------------------------ made by the clock
def make_due() -> int:
    """Make every report whose period has ended and whose hour has come; returns how many. For the clock.

    Each period is made once, however often this runs; what a crash cut off is made at the next run.
    """
    return sum(make_report(plan_id=plan.pk) for plan in ReportPlan.objects.order_by("pk") if _is_due(plan))


def _is_due(plan: ReportPlan) -> bool:
    home = community.community(SYSTEM, plan.community_id)
    now = clock.now().astimezone(ZoneInfo(home.zone))
    return home.archived_at is None and now.hour >= plan.hour and not _made(plan, _period(plan, home))


def _period(plan: ReportPlan, home: Community) -> Stretch:
    return last_period(Rhythm(plan.rhythm), clock.today(home.zone))


def _made(plan: ReportPlan, period: Stretch) -> bool:
    rows = KeptReport.objects.filter(community_id=plan.community_id, rhythm=plan.rhythm, first=period.first)
    return rows.exists()


def make_report(*, plan_id: int) -> bool:
    """Make the report on the last period, keep it and tell whom it is for; False where it was made already."""
    plan = ReportPlan.objects.filter(pk=plan_id).first()
    if plan is None:
        return False
    home = community.community(SYSTEM, plan.community_id)
    period = _period(plan, home)
    if _made(plan, period):
        return False
    written = _written(plan, home, period)
    if written is None:
        return False
    with transaction.atomic():
        locks.name(f"report:{home.pk}:{plan.rhythm}")
        if _made(plan, period):
            return False
        kept = KeptReport.objects.create(
            community_id=home.pk,
            rhythm=plan.rhythm,
            first=period.first,
            last=period.last,
            title=written.title,
            content=written.to_json(),
            made_at=clock.now(),
        )
        _tell(plan, home, kept, written)
        live.touch(f"reports:{home.pk}")
    return True


def _written(plan: ReportPlan, home: Community, period: Stretch) -> Report | None:
    from qunce.insights.selectors.reports import report_of

    groups = [group.pk for group in community.find_groups(SYSTEM, GroupFilter(community_id=home.pk))]
    return report_of(SYSTEM, groups, name=home.name, stretch=period, language=plan.language)


def _tell(plan: ReportPlan, home: Community, kept: KeptReport, written: Report) -> None:
    if plan.channel == Channel.TEAM:
        people = staff.who_may(Permission.VIEW, [home.pk]).values_list("pk", flat=True)
        team.tell(
            staff_ids=list(people),
            topic=Topic.REPORTS,
            key=f"report:{kept.pk}",
            sentence=gettext_noop("Report on %(community)s: %(title)s"),
            url=f"/reports/{kept.pk}/",
            params={"community": home.name, "title": written.title},
        )
    elif plan.channel == Channel.GROUP and plan.group_id is not None:
        _send(plan.group_id, kept, written)


def _send(group_id: int, kept: KeptReport, written: Report) -> None:
    """Into the group, as a message of ours, once; where no account can send there it is on its page alone."""
    from qunce.insights.selectors.renderings import message

    account_id = seats.sender_to(group_id)
    if account_id is None:
        log.warning("report %s cannot be sent: no account of ours is in group %s", kept.pk, group_id)
        return
    text = Content.of(message(written))
    until = clock.now() + OLD
    planned = Planned(f"report:{kept.pk}", group_id, text, Purpose.SERVICE, reply_to=None, not_after=until)
    chat.plan(account_id=account_id, planned=[planned])
