"""The calendar over all groups: a month, a week, or one thing after the other; and its feed for other programs."""

from calendar import Calendar as Weeks
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from qunce.chat import actions as chat
from qunce.community import selectors as community
from qunce.console.context import StaffRequest
from qunce.console.playbooks import walks, words
from qunce.console.playbooks.grid import name_of
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid
from qunce.kernel.htmx import go, page
from qunce.playbooks import selectors as scripts
from qunce.playbooks.actions import feeds
from qunce.playbooks.policies import holidays
from qunce.playbooks.selectors import calendar as selectors
from qunce.playbooks.selectors.calendar import Wanted
from qunce.playbooks.step import steps
from qunce.team.selectors import Task
from qunce.team.types import TaskList

MONTH, WEEK, AGENDA = "month", "week", "agenda"
SHOWN = {MONTH: 4, WEEK: 12, AGENDA: 4}
"""So many things of a day fit where it is a cell of a grid."""
APART = 3
"""More tasks than these that are due at once are one entry."""
AHEAD = 28
FEED_DAYS = 60
SOON, MOST_COMING = timedelta(days=14), 8


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that is on. ``moves``: the id of a planned broadcast that may be put on another day.

    ``private``: its title may name members, and stays within these pages.
    """

    at: datetime
    title: str
    detail: str
    icon: str
    tone: str
    url: str
    moves: int | None = None
    private: bool = False


@dataclass(slots=True)
class Day:
    """A day with what is on; ``outside``: of another month; ``room``: for so many things there is room in a cell."""

    day: date
    room: int
    today: bool = False
    outside: bool = False
    holidays: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    @property
    def worth_room(self) -> bool:
        """Whether a list of days shows it."""
        return bool(self.entries or self.holidays or self.today)

    @property
    def more(self) -> int:
        """How many do not fit into a cell."""
        return max(0, len(self.entries) - self.room)

    @property
    def first(self) -> list[Entry]:
        """Those that fit into a cell."""
        return self.entries[: self.room]


# ---------------------------------------------------------------- what is on
def entries(actor: Actor, wanted: Wanted, zone: ZoneInfo) -> list[Entry]:
    """Everything between two moments that the actor may see, by time; days are those of a zone."""
    found = [*_broadcasts(actor, wanted), *_steps(actor, wanted, zone), *_tasks(actor, wanted)]
    return sorted(found, key=lambda each: each.at)


def _broadcasts(actor: Actor, wanted: Wanted) -> Iterator[Entry]:
    for each in selectors.broadcasts(actor, wanted):
        able = each.once and all(actor.may(Permission.OPERATE, key) for key in each.community_ids)
        url = reverse("console:schedule", args=[each.schedule_id])
        yield Entry(
            each.at, each.title, _("Broadcast"), "speakerphone", "busy", url, each.schedule_id if able else None
        )
    for gone in selectors.gone_out(actor, wanted):
        detail = ngettext("Broadcast to %(n)d group", "Broadcast to %(n)d groups", gone.targets) % {"n": gone.targets}
        url = reverse("console:broadcast", args=[gone.broadcast.pk])
        yield Entry(gone.at, gone.broadcast.title, detail, "speakerphone", "busy", url)


def _steps(actor: Actor, wanted: Wanted, zone: ZoneInfo) -> Iterator[Entry]:
    for each in selectors.by_day(selectors.steps(actor, wanted), zone):
        kind = steps.get(each.step.do)
        title = words.in_language(each.run.version.document.get("title") or {}) or each.run.playbook.key
        count = each.targets
        said = ngettext("%(n)d target", "%(n)d targets", count) % {"n": count} if count else ""
        detail = " · ".join(filter(None, (name_of(each.step), said)))
        tone = "good" if kind is not None and kind.speaks else "off"
        icon = kind.icon if kind else "puzzle-off"
        url = reverse("console:run", args=[each.run.pk])
        if not each.whole:
            url = reverse("console:playbook", args=[each.run.playbook_id])
        yield Entry(each.at, title, detail, icon, tone, url)


def _tasks(actor: Actor, wanted: Wanted) -> Iterator[Entry]:
    """Each of them; of many that are due in the same minute, as a playbook gives them out, how many."""
    by_minute: dict[datetime, list[Task]] = defaultdict(list)
    for task in selectors.tasks(actor, wanted):
        if task.due_at is not None:
            by_minute[task.due_at.replace(second=0, microsecond=0)].append(task)
    for minute, found in by_minute.items():
        if len(found) > APART:
            said = ngettext("%(count)s task", "%(count)s tasks", len(found)) % {"count": len(found)}
            url = f"{reverse('console:tasks')}?{urlencode({'show': TaskList.TEAM})}"
            yield Entry(minute, said, _doer(found), "checkbox", "wait", url)
            continue
        for task in found:
            url = reverse("console:task", args=[task.pk])
            yield Entry(task.due_at or minute, task.title, _doer([task]), "checkbox", "wait", url, private=True)


def _doer(found: Sequence[Task]) -> str:
    """Who does them, where it is one and the same for all."""
    names = {task.assignee.name if task.assignee else _("nobody yet") for task in found}
    return _("Task: %(name)s") % {"name": names.pop()} if len(names) == 1 else ""


# ---------------------------------------------------------------- the page
@dataclass(frozen=True, slots=True)
class Look:
    """What the address asks for."""

    show: str
    day: date
    community_id: int | None
    group_id: int | None

    @property
    def span(self) -> tuple[date, date]:
        """The first day, and the day after the last."""
        if self.show == WEEK:
            first = self.day - timedelta(days=self.day.weekday())
            return first, first + timedelta(days=7)
        if self.show == AGENDA:
            return self.day, self.day + timedelta(days=AHEAD)
        weeks = Weeks().monthdatescalendar(self.day.year, self.day.month)
        return weeks[0][0], weeks[-1][-1] + timedelta(days=1)

    @property
    def neighbours(self) -> tuple[date, date]:
        """Days of the stretch before and after."""
        if self.show == MONTH:
            first = self.day.replace(day=1)
            return (first - timedelta(days=1)).replace(day=1), (first + timedelta(days=32)).replace(day=1)
        length = timedelta(days=7 if self.show == WEEK else AHEAD)
        return self.day - length, self.day + length


def _look(request: StaffRequest) -> Look:
    given = request.GET
    today = clock.today(str(request.zone))
    try:
        day = date.fromisoformat(given.get("day", ""))
        day = day if 2000 <= day.year <= 2098 else today  # noqa: PLR2004 (tables of holidays)
    except ValueError:
        day = today
    show = given.get("show", MONTH)
    place, group = given.get("community", ""), given.get("group", "")
    return Look(
        show if show in {MONTH, WEEK, AGENDA} else MONTH,
        day,
        int(place) if place.isdecimal() else None,
        int(group) if group.isdecimal() else None,
    )


def calendar(request: StaffRequest) -> HttpResponse:
    """A month, a week or an agenda; ``day``, ``community`` and ``group`` stand in the address."""
    look = _look(request)
    days = _days(request, look)
    before, after = look.neighbours
    now = clock.now()
    soon = [each for day in days for each in day.entries if now <= each.at < now + timedelta(days=1)]
    heading = ngettext("%(n)d thing within a day", "%(n)d things within a day", len(soon)) % {"n": len(soon)}
    context = {
        "look": look,
        "heading": heading if soon else _("Calendar"),
        "stretch": _stretch(look),
        "before": before,
        "after": after,
        "weeks": [days[number : number + 7] for number in range(0, len(days), 7)],
        "days": days,
        "weekdays": [date_format(date(2024, 1, 1) + timedelta(days=number), "D") for number in range(7)],
        "shows": [(MONTH, _("Month")), (WEEK, _("Week")), (AGENDA, _("Agenda"))],
        "places": list(community.visible_communities(request.actor).values_list("pk", "name")),
        "group": _group(request, look),
        "any": any(day.entries for day in days),
        "far": look.span[1] > (now + selectors.FARTHEST).date(),
        "feed": selectors.feed(request.actor),
    }
    return page(request, "console/calendar/calendar.html", context, piece="console/calendar/now.html")


def _group(request: StaffRequest, look: Look) -> object:
    return community.group(request.actor, look.group_id) if look.group_id is not None else None


def _stretch(look: Look) -> str:
    if look.show == MONTH:
        return date_format(look.day, pgettext("a month and its year", "F Y"))
    first, last = look.span[0], look.span[1] - timedelta(days=1)
    return _("%(first)s to %(last)s") % {
        "first": date_format(first, "DATE_FORMAT"),
        "last": date_format(last, "DATE_FORMAT"),
    }


def _days(request: StaffRequest, look: Look) -> list[Day]:
    zone, (first, end) = request.zone, look.span
    today = clock.today(str(zone))
    shown = {
        day: Day(
            day, SHOWN[look.show], today=day == today, outside=look.show == MONTH and day.month != look.day.month
        )
        for day in (first + timedelta(days=number) for number in range((end - first).days))
    }
    for each in selectors.days_with_names(first, end - timedelta(days=1)):
        shown[each.day].holidays.append(holidays.called(each.name, words.language()))
    wanted = Wanted(_midnight(first, zone), _midnight(end, zone), look.community_id, look.group_id)
    for entry in entries(request.actor, wanted, zone):
        shown[entry.at.astimezone(zone).date()].entries.append(entry)
    return list(shown.values())


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


@require_POST
def move(request: StaffRequest, schedule_id: int) -> HttpResponse:
    """Put a planned broadcast on another day."""
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        messages.error(request, _("There is no such day."))
        return go(request, "console:calendar")
    try:
        moved = chat.move_schedule(actor=request.actor, schedule_id=schedule_id, day=day)
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
    else:
        said = _("“%(title)s” goes out on %(day)s now.")
        messages.success(request, said % {"title": moved.title, "day": date_format(day, "DATE_FORMAT")})
    show = request.POST.get("show", MONTH)
    look = {"day": day.isoformat(), **({"show": show} if show in {WEEK, AGENDA} else {})}
    return go(request, f"{reverse('console:calendar')}?{urlencode(look)}")


# ---------------------------------------------------------------- one group
@require_safe
def group_script(request: StaffRequest, group_id: int) -> HttpResponse:
    """What runs by script in a group: its playbooks, what comes next, and whose turn it is. A part of its page."""
    actor, group = request.actor, community.group(request.actor, group_id)
    now = clock.now()
    coming = entries(actor, Wanted(now, now + SOON, group_id=group_id), request.zone)
    roles = list(scripts.visible_rotas(actor).filter(group_id=group_id))
    today = scripts.turns_of_today(actor, roles)
    named = scripts.rota_names(actor, [turn.member_id for turn in today.values()])
    context = {
        "group": group,
        "walks": walks.of_group(actor, group_id),
        "coming": coming[:MOST_COMING],
        "more": max(0, len(coming) - MOST_COMING),
        "roles": [(role, named.get(today[role.pk].member_id, "") if role.pk in today else "") for role in roles],
        "may_operate": actor.may(Permission.OPERATE, group.community_id) and not group.archived_at,
    }
    return render(request, "console/calendar/group.html", context)


# ---------------------------------------------------------------- for other programs
@require_POST
def open_feed(request: StaffRequest) -> HttpResponse:
    """A new secret address, shown once; or none any more (``revoke``)."""
    if request.POST.get("revoke") == "yes":
        feeds.revoke_feed(actor=request.actor)
        messages.success(request, _("The address works no longer."))
        return go(request, "console:calendar")
    token = feeds.new_feed(actor=request.actor)
    base = settings.BASE_URL or request.build_absolute_uri("/").rstrip("/")
    address = base + reverse("console:calendar_feed", args=[token])
    return render(request, "console/calendar/feed.html", {"address": address})


@login_not_required
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar of whoever made the address, without anything about members."""
    del request
    actor = selectors.reader_of(token)
    now = clock.now()
    wanted = Wanted(now - timedelta(days=7), now + timedelta(days=FEED_DAYS))
    found = entries(actor, wanted, ZoneInfo(settings.DEFAULT_COMMUNITY_ZONE))
    feeds.note_read(token=token)
    answer = HttpResponse(_written(found), content_type="text/calendar; charset=utf-8")
    answer["Cache-Control"] = "private, no-store"
    answer["Content-Disposition"] = 'inline; filename="qunce.ics"'
    return answer


def _written(found: Sequence[Entry]) -> bytes:
    from icalendar import Calendar, Event

    made = Calendar()
    made.add("prodid", "-//Qunce//Calendar//")
    made.add("version", "2.0")
    made.add("x-wr-calname", "Qunce")
    times: dict[tuple[str, datetime], int] = defaultdict(int)
    for each in found:
        times[each.url, each.at] += 1
        event = Event()
        event.add(
            "uid", f"{each.url.strip('/').replace('/', '-')}-{each.at:%Y%m%dT%H%M%S}-{times[each.url, each.at]}@qunce"
        )
        event.add("dtstamp", clock.now())
        event.add("dtstart", each.at.astimezone(UTC))
        event.add("dtend", each.at.astimezone(UTC) + timedelta(minutes=15))
        event.add("summary", each.detail if each.private else each.title)
        event.add("description", "" if each.private else each.detail)
        if settings.BASE_URL:
            event.add("url", settings.BASE_URL + each.url)
        made.add_component(event)
    return bytes(made.to_ical())


urlpatterns = [
    path("calendar/", calendar, name="calendar"),
    path("groups/<int:group_id>/script/", group_script, name="group_script"),
    path("calendar/planned/<int:schedule_id>/", move, name="calendar_move"),
    path("calendar/feed/", open_feed, name="calendar_open"),
    path("calendar/feed/<str:token>.ics", feed, name="calendar_feed"),
]
