"""Digests over groups and days: those that were made, those that are made regularly, and one made now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import get_language, get_language_info, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qunce.community import selectors as community
from qunce.community.selectors import Community
from qunce.community.types import LANGUAGES, GroupFilter
from qunce.console.content.tabs import TABS
from qunce.console.context import StaffRequest
from qunce.console.forms import DayInput, OneOfMany, SomeOfMany, errors_in
from qunce.content import selectors as content
from qunce.insights.actions import digests as actions
from qunce.insights.selectors import digests as reads
from qunce.insights.selectors.digests import Digest, DigestPlan
from qunce.insights.types import DigestChannel, Rhythm, Stretch
from qunce.kernel import clock, htmx
from qunce.kernel.actor import Permission

SIZE = 30
ALL = "all"
RHYTHMS: Mapping[str, str | Promise] = {
    "daily": gettext_lazy("Every day, about the day before"),
    "weekly": gettext_lazy("Every week, about Monday to Sunday"),
}
CHANNELS: Mapping[str, str | Promise] = {
    "page": gettext_lazy("Here alone"),
    "team": gettext_lazy("Here, and the team is told"),
    "review": gettext_lazy("Into each group, after somebody has looked at it"),
    "group": gettext_lazy("Into each group at once"),
}
STATES: Mapping[str, tuple[str, str | Promise]] = {
    "making": ("busy", gettext_lazy("being made")),
    "kept": ("off", gettext_lazy("on its page")),
    "waiting": ("wait", gettext_lazy("waits for a look")),
    "posted": ("good", gettext_lazy("posted")),
    "declined": ("off", gettext_lazy("not posted")),
}
STRETCHES: Mapping[str, str | Promise] = {
    "yesterday": gettext_lazy("Yesterday"),
    "today": gettext_lazy("Today so far"),
    "week": gettext_lazy("The last seven days"),
    "day": gettext_lazy("A day of your choice"),
}


class NowForm(forms.Form):
    """Of which group, and of which days."""

    group = forms.ChoiceField(label=gettext_lazy("Of"), widget=OneOfMany)
    stretch = forms.ChoiceField(label=gettext_lazy("Days"), choices=list(STRETCHES.items()))
    day = forms.DateField(label=gettext_lazy("Which day"), required=False, widget=DayInput())

    def __init__(self, *args: object, request: StaffRequest, home: Community, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["group"].choices = [(ALL, _("All groups together")), *_groups(request, home)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, object]:
        """A day where one is to be chosen."""
        given = super().clean() or {}
        if given.get("stretch") == "day" and not given.get("day"):
            self.add_error("day", _("Choose a day."))
        return given

    def days(self, home: Community) -> Stretch:
        """As it was chosen, where the community is."""
        today, chosen = clock.today(home.zone), self.cleaned_data["stretch"]
        if chosen == "day":
            return Stretch(self.cleaned_data["day"], 1)
        if chosen == "week":
            return Stretch(today - timedelta(days=7), 7)
        return Stretch(today if chosen == "today" else today - timedelta(days=1), 1)


class PlanForm(forms.Form):
    """How often, when, in which language, of which groups, and where to."""

    rhythm = forms.ChoiceField(label=gettext_lazy("How often"), choices=list(RHYTHMS.items()))
    hour = forms.IntegerField(
        label=gettext_lazy("Not before this hour"),
        min_value=0,
        max_value=23,
        help_text=gettext_lazy("By the community's clock."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"))
    channel = forms.ChoiceField(label=gettext_lazy("For whom"), choices=list(CHANNELS.items()))
    lines = forms.IntegerField(
        label=gettext_lazy("Lines in a group, at most"),
        min_value=1,
        max_value=actions.MOST_LINES,
        help_text=gettext_lazy("The page always tells all of it."),
    )
    groups = forms.MultipleChoiceField(
        label=gettext_lazy("Of which groups"),
        required=False,
        widget=SomeOfMany,
        help_text=gettext_lazy("None chosen: of all, those that come later too."),
    )

    def __init__(self, *args: object, request: StaffRequest, home: Community, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["groups"].choices = _groups(request, home)  # type: ignore[attr-defined]
        self.fields["language"].choices = [  # type: ignore[attr-defined]
            (code, get_language_info(code)["name_local"]) for code in LANGUAGES
        ]


def _groups(request: StaffRequest, home: Community) -> list[tuple[str, str]]:
    found = community.find_groups(request.actor, GroupFilter(community_id=home.pk))
    return [
        (str(pk), name or external_id) for pk, name, external_id in found.values_list("pk", "name", "external_id")
    ]


@dataclass(frozen=True, slots=True)
class Row:
    """A digest as it is listed."""

    row: Digest
    name: str
    home: str
    tone: str
    state: str | Promise


def digests(request: StaffRequest) -> HttpResponse:
    """The latest first; what is asked for is made now."""
    homes = {home.pk: home for home in community.visible_communities(request.actor)}
    home = _chosen(request, homes)
    found = reads.digests(request.actor, community_id=home.pk if home else None)
    state = request.GET.get("state", "")
    group = request.GET.get("group", "")
    if state in STATES:
        found = found.filter(state=state)
    if group.isdecimal():
        found = found.filter(group_id=int(group))
    page = Paginator(found, SIZE).get_page(request.GET.get("page"))
    names = reads.names_of(request.actor, {row.group_id for row in page if row.group_id})
    makes = home and request.actor.may(Permission.OPERATE, home.pk)
    context: dict[str, object] = {
        "tabs": TABS,
        "page": page,
        "rows": [_row(row, names, homes) for row in page],
        "home": home,
        "homes": homes.values(),
        "states": STATES,
        "state": state,
        "form": NowForm(request=request, home=home) if home and makes else None,
        "plans": [(each, homes[each.community_id], *_said(each)) for each in reads.plans(request.actor)],
        "led": [each.pk for each in homes.values() if request.actor.may(Permission.LEAD, each.pk)],
        "administers": request.actor.may(Permission.ADMINISTER),
        "endpoint": content.there_is_an_endpoint(),
    }
    return htmx.page(request, "console/digests/list.html", context, piece="console/digests/rows.html")


def _chosen(request: StaffRequest, homes: Mapping[int, Community]) -> Community | None:
    asked = request.GET.get("community", "")
    if asked.isdecimal():
        return homes.get(int(asked))
    return next(iter(homes.values())) if len(homes) == 1 else None


def _row(row: Digest, names: Mapping[int, str], homes: Mapping[int, Community]) -> Row:
    name = names.get(row.group_id, "") if row.group_id else str(_("All groups together"))
    home = homes.get(row.community_id)
    return Row(row, name, home.name if home else "", *STATES[row.state])


def _said(plan: DigestPlan) -> tuple[str | Promise, str | Promise]:
    return RHYTHMS[plan.rhythm], CHANNELS[plan.channel]


@require_POST
def make(request: StaffRequest, community_id: int) -> HttpResponse:
    """Have one made now."""
    home = community.community(request.actor, community_id, Permission.OPERATE)
    form = NowForm(request.POST, request=request, home=home)
    if form.is_valid():
        chosen = form.cleaned_data["group"]
        with errors_in(form):
            row = actions.ask_for_digest(
                actor=request.actor,
                community_id=home.pk,
                group_id=None if chosen == ALL else int(chosen),
                stretch=form.days(home),
                language=_language(home),
            )
            return htmx.go(request, "console:digest", row.pk)
    for errors in form.errors.values():
        messages.error(request, " ".join(map(str, errors)))
    return htmx.go(request, "console:digests")


def _language(home: Community) -> str:
    spoken = home.languages[0] if home.languages else get_language()
    return spoken if spoken in LANGUAGES else LANGUAGES[0]


def plan(request: StaffRequest, community_id: int) -> HttpResponse:
    """Have digests of a community's groups made regularly."""
    home = community.community(request.actor, community_id, Permission.LEAD)
    initial = {"rhythm": "daily", "hour": 8, "language": _language(home), "channel": "review", "lines": 6}
    form = PlanForm(request.POST or None, initial=initial, request=request, home=home)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with errors_in(form):
            actions.plan_digests(
                actor=request.actor,
                community_id=home.pk,
                rhythm=Rhythm(given["rhythm"]),
                hour=given["hour"],
                language=given["language"],
                channel=DigestChannel(given["channel"]),
                lines=given["lines"],
                group_ids=[int(each) for each in given["groups"]],
            )
            messages.success(request, _("It is planned; the first ones are made now, or at their hour."))
            return htmx.go(request, "console:digests")
    return render(request, "console/digests/plan.html", {"form": form, "community": home})


@require_POST
def stop(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Have no more of them made."""
    actions.stop_digests(actor=request.actor, plan_id=plan_id)
    messages.success(request, _("No more of them are made. Those that were made stay."))
    return htmx.go(request, "console:digests")
