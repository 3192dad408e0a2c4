"""Turns: roles that go round in a group, who has them when, who stands in, and what everybody has done."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from qunce.chat import selectors as chat
from qunce.chat.types import EVERY_DAY, Selection
from qunce.community import selectors as community
from qunce.console.context import StaffRequest
from qunce.console.forms import DayInput, WeekdaysField, errors_in
from qunce.console.live import topic
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid
from qunce.kernel.htmx import go, page
from qunce.kernel.words import DAYS
from qunce.playbooks import actions, selectors
from qunce.playbooks.types import TurnState

SHOWN = timedelta(days=21)
BEFORE = timedelta(days=7)
STATES: dict[str, tuple[str, str | Promise]] = {
    TurnState.PLANNED: ("wait", pgettext_lazy("a turn", "Planned")),
    TurnState.ACCEPTED: ("busy", gettext_lazy("Has said yes")),
    TurnState.KEPT: ("good", gettext_lazy("Kept")),
    TurnState.MISSED: ("bad", gettext_lazy("Missed")),
}


@topic("rotas")
def may_follow(actor: Actor, key: str) -> bool:
    """Whoever sees anything may know that turns have changed."""
    return not key and actor.may_anywhere(Permission.VIEW)


class RotaForm(forms.Form):
    """A role, its days, and who takes turns in which order."""

    title = forms.CharField(
        label=gettext_lazy("Role"), max_length=60, help_text=gettext_lazy("Such as host of the day.")
    )
    duties = forms.CharField(
        label=gettext_lazy("What they do"), required=False, max_length=2000, widget=forms.Textarea({"rows": 3})
    )
    weekdays = WeekdaysField(label=gettext_lazy("On which days"), initial=list(EVERY_DAY))
    people = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Who takes turns"), coerce=int, widget=forms.MultipleHiddenInput, required=False
    )

    def __init__(self, *args: object, people: Iterable[tuple[int, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["people"].choices = list(people)  # type: ignore[attr-defined]

    @property
    def wished(self) -> dict[str, Any]:
        """As the actions take it."""
        given = self.cleaned_data
        return {name: given[name] for name in ("title", "duties", "weekdays")} | {"member_ids": given["people"]}


class Away(forms.Form):
    """The days on which somebody cannot."""

    member = forms.IntegerField(widget=forms.HiddenInput)
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=DayInput())
    until = forms.DateField(label=gettext_lazy("Until"), required=False, widget=DayInput())


def rotas(request: StaffRequest) -> HttpResponse:
    """All that goes round, with whose turn it is."""
    if (chosen := request.GET.get("group", "")).isdecimal():
        return go(request, "console:rota_new", int(chosen))
    found = list(selectors.visible_rotas(request.actor))
    groups = community.group_names([rota.group_id for rota in found])
    today = selectors.turns_of_today(request.actor, found)
    named = selectors.rota_names(request.actor, [turn.member_id for turn in today.values()])
    rows = [
        (rota, groups.get(rota.group_id, ""), named.get(today[rota.pk].member_id, "") if rota.pk in today else "")
        for rota in found
    ]
    places = chat.selectable(request.actor, Selection(everywhere=True))
    context: dict[str, object] = {"rows": rows, "groups": places.values_list("pk", "name")}
    return page(request, "console/rota/list.html", context, piece="console/rota/rows.html")


def _people(request: StaffRequest, group_id: int, order: list[int]) -> list[tuple[int, str, bool]]:
    """Those in order first, then the others of the group: member, name, and whether they take turns."""
    named = dict(selectors.candidates(request.actor, group_id))
    gone = [key for key in order if key not in named]
    named |= selectors.rota_names(request.actor, gone)
    first = [(key, named.get(key, ""), True) for key in order]
    return first + [(key, name, False) for key, name in named.items() if key not in set(order)]


def new(request: StaffRequest, group_id: int) -> HttpResponse:
    """Let a role go round in a group."""
    group = community.group(request.actor, group_id, Permission.OPERATE)
    people = _people(request, group_id, [])
    form = RotaForm(
        request.POST or None,
        people=[(key, name) for key, name, _in in people],
        initial={"title": _("Host of the day")},
    )
    if request.method == "POST" and form.is_valid():
        with errors_in(form):
            made = actions.begin_rota(
                actor=request.actor,
                group_id=group_id,
                **form.wished,
            )
            messages.success(request, _("The turns of the next five weeks are made."))
            return go(request, "console:rota", made.pk)
    return _form(request, form, people, {"group": group})


def change(request: StaffRequest, rota_id: int) -> HttpResponse:
    """Change the role, its days or the order."""
    rota = selectors.rota(request.actor, rota_id, Permission.OPERATE)
    order = [row.member_id for row in selectors.credit(request.actor, rota_id)]
    people = _people(request, rota.group_id, order)
    initial = {"title": rota.title, "duties": rota.duties, "weekdays": rota.weekdays, "people": order}
    form = RotaForm(request.POST or None, people=[(key, name) for key, name, _in in people], initial=initial)
    if request.method == "POST" and form.is_valid():
        with errors_in(form):
            actions.change_rota(
                actor=request.actor,
                rota_id=rota_id,
                **form.wished,
            )
            messages.success(request, _("Saved."))
            return go(request, "console:rota", rota_id)
    return _form(request, form, people, {"rota": rota, "group": community.group(request.actor, rota.group_id)})


def _form(
    request: StaffRequest, form: RotaForm, people: list[tuple[int, str, bool]], more: dict[str, object]
) -> HttpResponse:
    if form.is_bound:
        chosen = [int(key) for key in request.POST.getlist("people") if key.isdecimal()]
        named = {key: name for key, name, _in in people}
        people = [(key, named[key], True) for key in chosen if key in named]
        people += [(key, name, False) for key, name in named.items() if key not in set(chosen)]
    return page(request, "console/rota/form.html", {"form": form, "people": people, **more})


def one(request: StaffRequest, rota_id: int) -> HttpResponse:
    """Whose turn it is, who comes next, and what everybody has done."""
    rota = selectors.rota(request.actor, rota_id)
    today = clock.today(rota.community.zone)
    turns = selectors.turns(request.actor, rota_id, since=today - BEFORE, until=today + SHOWN)
    people = selectors.credit(request.actor, rota_id)
    named = {row.member_id: row.name for row in people}
    named |= selectors.rota_names(
        request.actor, {turn.member_id for turn in turns} | {turn.owed_by for turn in turns}
    )
    duty = selectors.on_duty(request.actor, rota_id)
    context = {
        "rota": rota,
        "group": community.group(request.actor, rota.group_id),
        "today": today,
        "weekdays": [_("every day")] if len(rota.weekdays) == len(DAYS) else [DAYS[day] for day in rota.weekdays],
        "host": named.get(duty.turn.member_id, "") if duty else "",
        "duty": duty,
        "following": named.get(duty.following.member_id, "") if duty and duty.following else "",
        "rows": [
            (turn, named.get(turn.member_id, ""), named.get(turn.owed_by, ""), *STATES[turn.state], turn.day >= today)
            for turn in turns
        ],
        "people": people,
        "away": Away(),
        "may_operate": request.actor.may(Permission.OPERATE, rota.community_id),
    }
    return page(request, "console/rota/one.html", context, piece="console/rota/turns.html")


# ------------------------------------------------------------------ one turn
def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(_("This is no day."), fix=_("Write it as 2026-12-24."), field="day") from None


def _member(text: str) -> int:
    if not text.isdecimal():
        raise Invalid(_("Choose somebody."), field="member")
    return int(text)


@require_POST
def give(request: StaffRequest, rota_id: int) -> HttpResponse:
    """Let somebody stand in."""
    member_id = _member(request.POST.get("member", ""))
    actions.give_turn(
        actor=request.actor, rota_id=rota_id, day=_day(request.POST.get("day", "")), member_id=member_id
    )
    messages.success(request, _("Saved."))
    return go(request, "console:rota", rota_id)


@require_POST
def swap(request: StaffRequest, rota_id: int) -> HttpResponse:
    """Let two people change days."""
    one_day, other = _day(request.POST.get("day", "")), _day(request.POST.get("other", ""))
    actions.swap_turns(actor=request.actor, rota_id=rota_id, one=one_day, other=other)
    messages.success(request, _("They have changed days."))
    return go(request, "console:rota", rota_id)


@require_POST
def settle(request: StaffRequest, rota_id: int) -> HttpResponse:
    """Say how a turn went."""
    actions.settle_turn(
        actor=request.actor,
        rota_id=rota_id,
        day=_day(request.POST.get("day", "")),
        kept=request.POST.get("kept") == "yes",
        handover=request.POST.get("handover", ""),
    )
    messages.success(request, _("Saved."))
    return go(request, "console:rota", rota_id)


@require_POST
def away(request: StaffRequest, rota_id: int) -> HttpResponse:
    """Note when somebody cannot."""
    form = Away(request.POST)
    if not form.is_valid():
        raise Invalid(_("This is no day."), fix=_("Write it as 2026-12-24."), field="since")
    given = form.cleaned_data
    actions.set_away(
        actor=request.actor, rota_id=rota_id, member_id=given["member"], since=given["since"], until=given["until"]
    )
    messages.success(request, _("Saved."))
    return go(request, "console:rota", rota_id)


@require_POST
def end(request: StaffRequest, rota_id: int) -> HttpResponse:
    """Let it go round no more."""
    actions.end_rota(actor=request.actor, rota_id=rota_id)
    messages.success(request, _("It goes round no more."))
    return go(request, "console:rotas")


urlpatterns = [
    path("turns/", rotas, name="rotas"),
    path("groups/<int:group_id>/turns/new/", new, name="rota_new"),
    path("turns/<int:rota_id>/", one, name="rota"),
    path("turns/<int:rota_id>/change/", change, name="rota_change"),
    path("turns/<int:rota_id>/give/", give, name="rota_give"),
    path("turns/<int:rota_id>/swap/", swap, name="rota_swap"),
    path("turns/<int:rota_id>/settle/", settle, name="rota_settle"),
    path("turns/<int:rota_id>/away/", away, name="rota_away"),
    path("turns/<int:rota_id>/end/", end, name="rota_end"),
]
