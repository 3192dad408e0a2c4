"""One group: what is happening here, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qunce.chat.selectors import activity, ledger, seats
from qunce.chat.selectors import messages as said
from qunce.chat.selectors.ledger import DeliveryView
from qunce.chat.selectors.seats import Reading, Seat
from qunce.community import selectors
from qunce.community.selectors import Group
from qunce.console.chat import words
from qunce.console.community import in_words, per_day
from qunce.console.context import StaffRequest
from qunce.console.groups import TONES, reading_in_words
from qunce.console.live import topic
from qunce.kernel import charts
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.htmx import page
from qunce.members import selectors as members

LATEST = 30
TURNS = 12


@topic("group")
def may_follow(actor: Actor, key: str) -> bool:
    """Whoever may see the group."""
    return key.isdecimal() and selectors.visible_groups(actor).filter(pk=int(key)).exists()


def group(request: StaffRequest, group_id: int) -> HttpResponse:
    """The group's page; its standing is also asked for alone, when something there has changed."""
    actor = request.actor
    found = selectors.group(actor, group_id)
    standing = _standing(actor, found)
    if request.GET.get("piece") == "standing":
        return render(request, "console/groups/standing.html", standing)
    zone = ZoneInfo(selectors.zones(actor, [group_id])[group_id])
    days = activity.days_of_group(actor, group_id)
    weeks = activity.weeks(days)
    rhythm = activity.rhythm(actor, group_id)
    return render(
        request,
        "console/groups/one.html",
        {
            **standing,
            "zone": zone,
            "weeks": weeks,
            "trend": in_words(weeks),
            "today": days[-1],
            "came": sum(day.joined for day in days[-activity.WEEK :]),
            "went": sum(day.left for day in days[-activity.WEEK :]),
            "known": members.known_counts(actor, [group_id]).get(group_id, 0),
            "chart": per_day(days),
            "rhythm": _heatmap(rhythm),
            "peak": _peak(rhythm),
            "lines": said.latest(actor, group_id, size=LATEST),
            "busiest": activity.busiest(actor, group_id),
            "turns": members.latest_turns(actor, group_id, TURNS),
            "operated": selectors.visible_communities(actor, Permission.OPERATE),
            "may_found": actor.may(Permission.LEAD),
        },
    )


def messages(request: StaffRequest, group_id: int) -> HttpResponse:
    """All messages, newest first; the latest alone where the group's page asks for them again."""
    found = selectors.group(request.actor, group_id)
    zone = ZoneInfo(selectors.zones(request.actor, [group_id])[group_id])
    lines = said.latest(request.actor, group_id, cursor=request.GET.get("cursor", ""), size=LATEST)
    context = {"group": found, "zone": zone, "lines": lines}
    return page(request, "console/groups/messages.html", context, piece="console/groups/lines.html")


# ---------------------------------------------------------------- how it is served
@dataclass(frozen=True, slots=True)
class Sent:
    """One delivery with its state in words and colour."""

    view: DeliveryView
    tone: str
    state: str | Promise

    @property
    def reason(self) -> str:
        """Why it is as it is, in the reader's language."""
        return words.told(self.view.delivery.reason)


def _sent(view: DeliveryView) -> Sent:
    tone, state = words.DELIVERIES[view.delivery.state]
    return Sent(view, tone, state)


def _standing(actor: Actor, found: Group) -> dict[str, object]:
    """Who reads the group, how far back, what is missing, and what was sent to it."""
    here = seats.of_groups(actor, [found.pk]).get(found.pk, [])
    reading = seats.reading(here, found.platform)
    reader = next((seat.account.name for seat in here if seat.reads), "")
    return {
        "group": found,
        "open": found.community is not None and not found.archived_at and not found.community.archived_at,
        "reading": reading_in_words(reading, reader),
        "tone": TONES[reading],
        "history_alone": reading is Reading.HISTORY,
        "seats": [(seat, _in_words(seat)) for seat in here],
        "gaps": seats.gaps(actor, found.pk),
        "deliveries": [
            Sent(view, *words.DELIVERIES[view.delivery.state])
            for view in ledger.named(ledger.latest_to(actor, found.pk))
        ],
        "may_operate": actor.may(Permission.OPERATE, found.community_id),
    }


def _in_words(seat: Seat) -> str:
    """What an account does in the group."""
    if seat.left_at:
        return _("left: %(reason)s") % {"reason": seat.left_reason} if seat.left_reason else _("left")
    if not seat.reads:
        return _("in the group, does not read")
    count = seat.backfilled
    values = {"count": count, "error": seat.backfill_error}
    told = {
        "wanted": _("reads; what was said before follows"),
        "running": ngettext("reads back, %(count)d message so far", "reads back, %(count)d messages so far", count),
        "done": ngettext(
            "reads; %(count)d earlier message fetched", "reads; %(count)d earlier messages fetched", count
        ),
        "failed": _("reads; what was said before could not be fetched: %(error)s"),
    }
    return told.get(seat.backfill, _("reads")) % values


# ---------------------------------------------------------------- when people speak
def _heatmap(cells: Sequence[Sequence[int]]) -> charts.Chart:
    return charts.heatmap(
        _("Messages by weekday and hour, last 28 days"),
        columns=[str(hour) for hour in range(activity.HOURS)],
        lines=[str(WEEKDAYS_ABBR[day]) for day in range(activity.WEEK)],
        cells=cells,
        unit=_("Messages"),
    )


def _peak(cells: Sequence[Sequence[int]]) -> str:
    """When most is said, in words; empty where nothing is."""
    most, day, hour = max((said, day, hour) for day, line in enumerate(cells) for hour, said in enumerate(line))
    if not most:
        return ""
    return _("Most is said on %(day)s from %(hour)d to %(next)d o'clock.") % {
        "day": WEEKDAYS_ABBR[day],
        "hour": hour,
        "next": hour + 1,
    }


urlpatterns = [
    path("groups/<int:group_id>/", group, name="group"),
    path("groups/<int:group_id>/messages/", messages, name="group_messages"),
]
