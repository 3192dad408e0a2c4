"""Broadcasts: what was sent to many groups, how far it has come, and taking it back."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from qunce.chat import actions, selectors
from qunce.chat.selectors import Broadcast, DeliveryView, Progress, links, schedules
from qunce.chat.selectors import waves as in_waves
from qunce.chat.selectors.schedules import rhythm_of
from qunce.chat.types import Consent, DeliveryState, Signals, from_json
from qunce.console import approvals
from qunce.console.chat import words
from qunce.console.chat.schedules import zone_of
from qunce.console.context import StaffRequest
from qunce.console.live import topic
from qunce.kernel import clock, paging
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict
from qunce.kernel.htmx import go, page

PER_PAGE = 50
COMING = 50
SHOWN = (
    DeliveryState.SENT,
    DeliveryState.CLAIMED,
    DeliveryState.PLANNED,
    DeliveryState.HELD,
    DeliveryState.RECALLED,
    DeliveryState.UNKNOWN,
    DeliveryState.FAILED,
    DeliveryState.SKIPPED,
)

CONSENTS: Mapping[str, str | Promise] = {
    Consent.WAITING: gettext_lazy("Waits for approval"),
    Consent.REFUSED: gettext_lazy("Not approved"),
}


@topic("broadcasts")
def may_follow_all(actor: Actor, key: str) -> bool:
    """Whoever sees anything may know that some have changed."""
    return not key and actor.may_anywhere(Permission.VIEW)


@topic("broadcast")
def may_follow(actor: Actor, key: str) -> bool:
    """Whoever may see the broadcast."""
    return key.isdecimal() and selectors.visible_broadcasts(actor).filter(pk=int(key)).exists()


# ---------------------------------------------------------------- how far it has come
@dataclass(frozen=True, slots=True)
class Segment:
    """One state's part of the bar, in percent of its length, and its number."""

    state: str
    tone: str
    word: str
    count: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Shown:
    """A broadcast with how far it has come."""

    row: Broadcast
    progress: Progress
    segments: list[Segment]

    @property
    def reached(self) -> int:
        """How many groups have it now."""
        return self.progress.by_state[DeliveryState.SENT]

    @property
    def meant(self) -> int:
        """How many groups were to get it: without those that could not be reached from the start."""
        return self.progress.total - self.progress.by_state[DeliveryState.SKIPPED]

    @property
    def is_moving(self) -> bool:
        """Whether something is still to happen by itself."""
        if self.row.consent == Consent.WAITING:
            return False
        return self.progress.is_moving and not (self.row.stopped_at and self.progress.held and not self.progress.open)

    @property
    def is_trial(self) -> bool:
        """Whether it was only tried."""
        return bool(self.row.manner.get("test"))

    @property
    def against(self) -> str:
        """What it stopped for, in sentences."""
        return words.signals(from_json(Signals, self.row.stopped_for)) if self.row.stopped_for else ""

    @property
    def heading(self) -> str:
        """How it stands, in words."""
        if self.row.consent in CONSENTS:
            return str(CONSENTS[self.row.consent])
        now = self.progress
        gone = now.by_state[DeliveryState.RECALLED]
        if self.row.recalled_at:
            if now.open or now.recalling:
                every = gone + now.recalling
                said = ngettext(
                    "Being taken back: %(done)d of %(all)d group",
                    "Being taken back: %(done)d of %(all)d groups",
                    every,
                )
                return said % {"done": gone, "all": every}
            return ngettext("Taken back from %(n)d group", "Taken back from %(n)d groups", gone) % {"n": gone}
        if self.row.stopped_at:
            n = self.reached
            said = ngettext("Stopped after %(n)d group", "Stopped after %(n)d groups", n)
            if self.row.stopped_for:
                said = ngettext("Stopped by itself after %(n)d group", "Stopped by itself after %(n)d groups", n)
            return said % {"n": n}
        if self.reached == self.meant:
            return ngettext("Reached %(n)d group", "Reached all %(n)d groups", self.meant) % {"n": self.meant}
        said = ngettext("Reached %(done)d of %(all)d group", "Reached %(done)d of %(all)d groups", self.meant)
        return said % {"done": self.reached, "all": self.meant}


def _shown(row: Broadcast, progress: Progress) -> Shown:
    segments: list[Segment] = []
    start, total = 0.0, progress.total or 1
    for state in SHOWN:
        if count := progress.by_state[state]:
            tone, word = words.DELIVERIES[state]
            width = 100 * count / total
            segments.append(Segment(state, tone, str(word), count, start, width))
            start += width
    return Shown(row, progress, segments)


def broadcasts(request: StaffRequest) -> HttpResponse:
    """All that this person may see, newest first."""
    shown = paging.by_key(selectors.visible_broadcasts(request.actor), cursor=request.GET.get("cursor", ""), size=30)
    progress = selectors.progress([row.pk for row in shown])
    rows = [_shown(row, progress[row.pk]) for row in shown]
    moving = sum(row.is_moving for row in rows)
    coming = [(row, words.rhythm(rhythm_of(row)), zone_of(row)) for row in schedules.coming(request.actor)[:COMING]]
    heading = ngettext("%(n)d broadcast under way", "%(n)d broadcasts under way", moving) % {"n": moving}
    context = {
        "page": shown,
        "rows": rows,
        "coming": coming if not request.GET.get("cursor") else [],
        "heading": heading if moving else _("Broadcasts"),
        "may_send": request.actor.may_anywhere(Permission.OPERATE),
    }
    return page(request, "console/chat/broadcasts.html", context, piece="console/chat/broadcasts_rows.html")


def broadcast(request: StaffRequest, broadcast_id: int) -> HttpResponse:
    """One of them: how far it has come, and the result for every group."""
    row = selectors.broadcast(request.actor, broadcast_id)
    shown = _shown(row, selectors.progress([row.pk])[row.pk])
    state, text = _wanted(request)
    found = Paginator(selectors.deliveries_of(request.actor, row, state=state, text=text), PER_PAGE)
    listed = found.get_page(request.GET.get("page"))
    seconds = selectors.seconds_left(row.pk, shown.progress)
    operated = all(request.actor.may(Permission.OPERATE, key) for key in row.community_ids)
    context = {
        "shown": shown,
        "broadcast": row,
        "page": listed,
        "results": _results(row, selectors.named(listed.object_list)),
        "state": state,
        "text": text,
        "filters": _filters(shown),
        "clicks": links.clicks(row.pk),
        "lasts": words.lasting(seconds) if seconds else "",
        "may_operate": operated,
        "may_retry": shown.progress.by_state[DeliveryState.FAILED] and row.stopped_at is None and _in_time(row),
        "may_resume": row.stopped_at and not row.recalled_at and row.consent != Consent.REFUSED and _in_time(row),
        "asked": approvals.asked(request.actor, row.consent_asked),
        **_waves(row),
    }
    return page(request, "console/chat/broadcast.html", context, piece="console/chat/broadcast_now.html")


def _waves(row: Broadcast) -> dict[str, object]:
    """Its waves, what speaks against going on, and what goes along."""
    manner = in_waves.manner_of(row)
    waves = manner.waves
    if waves is None or row.next_wave_at is None:
        return {"manner": manner}
    signals = in_waves.signals(row).beyond(from_json(Signals, row.tolerated))
    bounds = (
        (_("failed"), signals.failed, waves.failed),
        (_("left"), signals.left, waves.left),
        (_("complained"), signals.complaints, waves.complaints),
    )
    return {"manner": manner, "waves": waves, "next_wave": in_waves.next_wave(row), "bounds": bounds}


def _in_time(row: Broadcast) -> bool:
    """Whether it may still be sent."""
    return row.not_after is None or row.not_after > clock.now()


def _wanted(request: StaffRequest) -> tuple[str, str]:
    """The state and name that the address restricts to; what makes no sense there does not."""
    state = request.GET.get("state", "")
    return state if state in words.DELIVERIES else "", request.GET.get("q", "").strip()


def _filters(shown: Shown) -> list[tuple[str, str, int]]:
    """States to filter by: those that occur, and recalls apart."""
    found = [(segment.state, segment.word, segment.count) for segment in shown.segments]
    for state, count in (("recalling", shown.progress.recalling), ("refused", shown.progress.not_recalled)):
        if count:
            found.append((state, str(words.DELIVERIES[state][1]), count))
    return found


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one target, in words."""

    view: DeliveryView
    tone: str
    word: str
    reason: str
    until: datetime | None = None
    clicks: int | None = None


def result_of(view: DeliveryView) -> Result:
    delivery = view.delivery
    state: str = delivery.state
    if state == DeliveryState.SENT and delivery.recall_error:
        state = "refused"
    elif state == DeliveryState.SENT and delivery.recall_wanted_at:
        state = "recalling"
    tone, word = words.DELIVERIES[state]
    waits = state == DeliveryState.PLANNED and delivery.reason and delivery.not_before > clock.now()
    said = words.told(delivery.recall_error or delivery.reason)
    return Result(view, tone, str(word), said, until=delivery.not_before if waits else None)


def _results(row: Broadcast, views: Sequence[DeliveryView]) -> list[Result]:
    """Rows of the result table, with the clicks of each."""
    counted = links.clicks_of(row.pk, [view.delivery.pk for view in views]) if row.manner.get("counted") else {}
    return [replace(result_of(view), clicks=counted.get(view.delivery.pk)) for view in views]


# ---------------------------------------------------------------- what can be done with it
@require_POST
def stop(request: StaffRequest, broadcast_id: int) -> HttpResponse:
    """Send nothing more of it."""
    return _do(
        request,
        broadcast_id,
        actions.stop_broadcast,
        lambda n: ngettext("%(n)d group does not get it any more.", "%(n)d groups do not get it any more.", n),
    )


@require_POST
def resume(request: StaffRequest, broadcast_id: int) -> HttpResponse:
    """Go on with what was not reached."""
    return _do(
        request,
        broadcast_id,
        actions.resume_broadcast,
        lambda n: ngettext("It goes on with %(n)d group.", "It goes on with %(n)d groups.", n),
    )


@require_POST
def retry(request: StaffRequest, broadcast_id: int) -> HttpResponse:
    """Once more where it failed, and nowhere else."""
    return _do(
        request,
        broadcast_id,
        actions.retry_failed,
        lambda n: ngettext("It is sent again to %(n)d group.", "It is sent again to %(n)d groups.", n),
    )


def _do(
    request: StaffRequest, broadcast_id: int, action: Callable[..., int], said: Callable[[int], str]
) -> HttpResponse:
    try:
        count = action(actor=request.actor, broadcast_id=broadcast_id)
    except Conflict as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said(count) % {"n": count})
    return go(request, "console:broadcast", broadcast_id)


def recall(request: StaffRequest, broadcast_id: int) -> HttpResponse:
    """Take it back: first what that would do, platform by platform, then doing it."""
    row = selectors.broadcast(request.actor, broadcast_id, Permission.OPERATE)
    if request.method == "POST":
        return _do(
            request,
            broadcast_id,
            actions.recall_broadcast,
            lambda n: ngettext(
                "It is being taken back from %(n)d group.", "It is being taken back from %(n)d groups.", n
            ),
        )
    found = selectors.recallable(row)
    blocked = [(words.told(reason), len(ids)) for reason, ids in found.blocked.items()]
    context = {"broadcast": row, "able": len(found.able), "waiting": found.waiting, "blocked": blocked}
    return render(request, "console/chat/recall.html", context)


# ---------------------------------------------------------------- results as a file
def results_csv(request: StaffRequest, broadcast_id: int) -> HttpResponse:
    """The results as the page filters them, for a spreadsheet; with the mark by which Excel knows UTF-8."""
    row = selectors.broadcast(request.actor, broadcast_id)
    state, text = _wanted(request)
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="broadcast-{row.pk}.csv"'
    writer = csv.writer(answer)
    writer.writerow([_("Group"), _("Account"), _("State"), _("Reason"), _("Sent at"), _("Clicks"), _("Text")])
    found = selectors.in_portions(selectors.deliveries_of(request.actor, row, state=state, text=text))
    while portion := list(islice(found, 1000)):
        for result in _results(row, portion):
            view, clicks = result.view, "" if result.clicks is None else str(result.clicks)
            sent_at = _moment(view.delivery.sent_at)
            cells = [view.group, view.account, result.word, result.reason, sent_at, clicks, view.text]
            writer.writerow([_harmless(cell) for cell in cells])
    return answer


def _moment(moment: datetime | None) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def _harmless(cell: str) -> str:
    """Spreadsheets run cells that begin like a formula; a group's name is a stranger's text."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


urlpatterns = [
    path("broadcasts/", broadcasts, name="broadcasts"),
    path("broadcasts/<int:broadcast_id>/", broadcast, name="broadcast"),
    path("broadcasts/<int:broadcast_id>/stop/", stop, name="broadcast_stop"),
    path("broadcasts/<int:broadcast_id>/recall/", recall, name="broadcast_recall"),
    path("broadcasts/<int:broadcast_id>/resume/", resume, name="broadcast_resume"),
    path("broadcasts/<int:broadcast_id>/retry/", retry, name="broadcast_retry"),
    path("broadcasts/<int:broadcast_id>/results.csv", results_csv, name="broadcast_csv"),
]
