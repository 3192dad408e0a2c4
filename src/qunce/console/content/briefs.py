"""Briefs: which go out when, what is in the next ones, what became of the others; and planning them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.urls import path
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from qunce.chat.types import Selection, from_json
from qunce.community import selectors as community
from qunce.community.selectors import Community
from qunce.console.chat.whom import EVERYWHERE, FILTER, PICKED, Whom
from qunce.console.content import brief_words as words
from qunce.console.content.tabs import TABS
from qunce.console.context import StaffRequest
from qunce.console.filters import Asked
from qunce.console.forms import ListField, TimeInput, errors_in
from qunce.console.live import topic
from qunce.content import actions, selectors
from qunce.content.selectors import Brief, BriefPlan, NewsFeed
from qunce.content.types import Fallback, PlanWish
from qunce.kernel import paging
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotAllowed
from qunce.kernel.htmx import go, page
from qunce.team import selectors as team

PAST = 20
WEIGHTS = (
    (0, gettext_lazy("Not of this one")),
    (1, gettext_lazy("As usual")),
    (2, gettext_lazy("More")),
    (3, gettext_lazy("Much more")),
    (5, gettext_lazy("Above all")),
)


@topic("briefs")
def may_follow(actor: Actor, key: str) -> bool:
    """Whoever sees anything may know that some have changed."""
    return not key and actor.may_anywhere(Permission.VIEW)


# ---------------------------------------------------------------- the list
@dataclass(frozen=True, slots=True)
class Row:
    """A brief in a list: how it stands, and how often its links were followed."""

    brief: Brief
    state: tuple[str, object]
    titles: Sequence[str]
    why: str
    clicks: int | None


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan in the list; ``night``: why its hour is none to go out at, or empty."""

    plan: BriefPlan
    rhythm: str
    fallback: object
    night: str
    mine: bool


def briefs(request: StaffRequest) -> HttpResponse:
    """What goes out, what can be edited, and what became of the last ones."""
    plans = list(selectors.visible_plans(request.actor))
    past = paging.by_key(
        selectors.past(request.actor), key=("send_at", "id"), cursor=request.GET.get("cursor", ""), size=PAST
    )
    picks = selectors.waiting_picks(plan.pk for plan in plans)
    feeds = selectors.visible_feeds(request.actor)
    nights = words.nights((plan.community, plan.at) for plan in plans if plan.active_since)
    context = {
        "tabs": TABS,
        "here": "briefs",
        "plans": [
            PlanRow(
                plan,
                words.rhythm(plan),
                words.FALLBACKS[plan.fallback],
                nights.get((plan.community_id, plan.at), "") if plan.active_since else "",
                request.actor.may(Permission.OPERATE, plan.community_id),
            )
            for plan in plans
        ],
        "active": sum(plan.active_since is not None for plan in plans),
        "ahead": rows(selectors.ahead(request.actor)),
        "past": rows(past.items),
        "page": past,
        "picks": [(pick, pick.line["title"]) for pick in picks],
        "feeds": feeds.count(),
        "troubled": selectors.in_trouble(request.actor),
        "may_plan": request.actor.may_anywhere(Permission.OPERATE),
    }
    return page(request, "console/content/briefs.html", context, piece="console/content/briefs_now.html")


def rows(found: Iterable[Brief]) -> list[Row]:
    """Briefs with what is said of them."""
    listed = list(found)
    clicks = selectors.clicks(listed)
    return [
        Row(
            each,
            words.STATES[each.state],
            [line.title for line in selectors.lines_of(each)],
            words.why(each),
            sum(clicks[each.broadcast_id].values()) if each.broadcast_id in clicks else None,
        )
        for each in listed
    ]


# ---------------------------------------------------------------- planning
class PlanForm(Whom):
    """When, to whom, from what, and what happens where nobody looks at it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("On which days"),
        coerce=int,
        choices=list(WEEKDAYS.items()),
        widget=forms.CheckboxSelectMultiple({"data-chips": ""}),
    )
    at = forms.TimeField(label=gettext_lazy("At"), widget=TimeInput())
    opens = forms.IntegerField(
        label=gettext_lazy("Can be edited from"),
        min_value=1,
        max_value=48,
        help_text=gettext_lazy("So many hours before; 12 hours before 8:30 is the evening before."),
    )
    day_off = forms.ChoiceField(label=gettext_lazy("Not on public holidays of"), required=False)
    count = forms.IntegerField(label=gettext_lazy("How many entries"), min_value=1, max_value=20)
    header = forms.CharField(
        label=gettext_lazy("What stands above them"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("Variables such as {group}, {date} and {weekday} are filled in for each group."),
    )
    footer = forms.CharField(
        label=gettext_lazy("What stands beneath them"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 2}),
    )
    every_feed = forms.BooleanField(
        label=gettext_lazy("Every feed of the community, also those that come later"), required=False
    )
    wanted = ListField(label=gettext_lazy("Words that make an entry better"), required=False)
    unwanted = ListField(label=gettext_lazy("Words with which an entry is left out"), required=False)
    fallback = forms.ChoiceField(label=gettext_lazy("Where nobody has approved it by then"), widget=forms.RadioSelect)
    at_least = forms.IntegerField(label=gettext_lazy("Enough are"), min_value=1, max_value=20)
    editor = forms.TypedChoiceField(
        label=gettext_lazy("Who looks at it"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=gettext_lazy("Gets a task when it can be edited."),
    )
    edition = forms.IntegerField(widget=forms.HiddenInput, initial=1)

    def __init__(
        self,
        actor: Actor,
        home: Community,
        data: QueryDict | None = None,
        initial: dict[str, object] | None = None,
    ) -> None:
        super().__init__(actor, data, initial)
        self.offer("communities", [])
        self.offer(
            "whom",
            [
                (EVERYWHERE, _("Every group of the community")),
                (FILTER, _("Its groups by tag or name")),
                (PICKED, _("Groups one by one")),
            ],
        )
        people = team.who_may(Permission.OPERATE, [home.pk])
        self.offer("editor", [("", _("Nobody in particular")), *people.values_list("pk", "name")])
        self.offer("day_off", [("", _("It goes out on holidays, too")), *words.COUNTRIES.items()])
        self.offer("fallback", words.FALLBACKS.items())
        self.feeds = list(selectors.feeds_for(home.pk))
        for feed in self.feeds:
            self.fields[self._of(feed)] = forms.TypedChoiceField(
                label=feed.title, coerce=int, choices=WEIGHTS, required=False, initial=1, empty_value=None
            )

    @staticmethod
    def _of(feed: NewsFeed) -> str:
        return f"feed-{feed.pk}"

    def weighed(self) -> list[forms.BoundField]:
        """The fields of the feeds."""
        return [self[self._of(feed)] for feed in self.feeds]

    def wish(self) -> PlanWish:
        """As the actions take it."""
        given = self.cleaned_data
        weights = {} if given["every_feed"] else {each.pk: given[self._of(each)] for each in self.feeds}
        same = ("name", "at", "opens", "count", "header", "footer", "at_least", "day_off")
        return PlanWish(
            **{name: given[name] for name in same},
            weekdays=tuple(given["weekdays"]),
            selection=self.selection(),
            weights={key: weight for key, weight in weights.items() if weight},
            wanted=tuple(given["wanted"]),
            unwanted=tuple(given["unwanted"]),
            fallback=Fallback(given["fallback"]),
            editor_id=given["editor"],
        )


_USUAL: dict[str, object] = {
    "whom": EVERYWHERE,
    "weekdays": [0, 1, 2, 3, 4],
    "at": "08:30",
    "opens": 12,
    "count": 3,
    "at_least": 1,
    "fallback": Fallback.BEST,
    "every_feed": True,
}


def new(request: StaffRequest) -> HttpResponse:
    """Plan a brief; ``?community=``: for which."""
    homes = list(community.visible_communities(request.actor, Permission.OPERATE))
    if not homes:
        raise NotAllowed(permission=Permission.OPERATE)
    asked = Asked(request.GET).number("community") or (homes[0].pk if len(homes) == 1 else None)
    if asked is None:
        return page(request, "console/content/plan_where.html", {"homes": homes})
    home = community.community(request.actor, asked, Permission.OPERATE)
    initial = {**_USUAL, "name": _("Morning brief"), "header": _("Good morning, {weekday}:")}
    form = PlanForm(request.actor, home, request.POST or None, initial)
    if request.method == "POST" and form.is_valid():
        with errors_in(form):
            actions.make_plan(actor=request.actor, community_id=home.pk, wish=form.wish())
            messages.success(request, _("It goes out from now on."))
            return go(request, "console:briefs")
    return _planning(request, form, home)


def change(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Plan it otherwise."""
    plan = selectors.plan(request.actor, plan_id, Permission.OPERATE)
    form = PlanForm(request.actor, plan.community, request.POST or None, _as_entered(plan))
    if request.method == "POST" and form.is_valid():
        with errors_in(form):
            edition = form.cleaned_data["edition"]
            actions.change_plan(actor=request.actor, plan_id=plan_id, edition=edition, wish=form.wish())
            messages.success(request, _("Saved."))
            return go(request, "console:briefs")
    return _planning(request, form, plan.community, plan=plan)


def _planning(request: StaffRequest, form: PlanForm, home: Community, **more: object) -> HttpResponse:
    """The form, and what is to be said of its hour; ``?at=``: of that one, while it is being chosen."""
    hour = _hour(request.GET.get("at", form["at"].value()))
    night = words.nights([(home, hour)]).get((home.pk, hour), "") if hour else ""
    context = {
        "form": form,
        "home": home,
        "picked": form.picked(),
        "night": night,
        "may_restrain": request.actor.may(Permission.LEAD, home.pk),
        **more,
    }
    return page(request, "console/content/plan.html", context, piece="console/content/plan_night.html")


def _hour(given: object) -> time | None:
    try:
        return forms.TimeField(required=False).clean(given)  # type: ignore[no-any-return]
    except forms.ValidationError:
        return None


def _as_entered(plan: BriefPlan) -> dict[str, object]:
    chosen, weights = from_json(Selection, plan.selection), selectors.weights_of(plan)
    same = ("name", "weekdays", "at", "opens", "count", "header", "footer", "wanted", "unwanted", "fallback")
    entered: dict[str, Any] = {name: getattr(plan, name) for name in (*same, "at_least", "day_off", "edition")}
    filtered = chosen.tags or chosen.text
    return {
        **entered,
        "whom": PICKED if chosen.group_ids else FILTER if filtered else EVERYWHERE,
        "group_ids": chosen.group_ids,
        "tags": chosen.tags,
        "search": chosen.text,
        "editor": plan.editor_id or "",
        "every_feed": not weights,
        **{
            f"feed-{each.pk}": weights.get(each.pk, 0 if weights else 1)
            for each in selectors.feeds_for(plan.community_id)
        },
    }


@require_POST
def rest(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Let it rest, or (``go``) go out again."""
    rests = request.POST.get("go") != "yes"
    actions.rest_plan(actor=request.actor, plan_id=plan_id, rests=rests)
    messages.success(request, _("Nothing of it goes out for now.") if rests else _("It goes out from now on."))
    return go(request, "console:briefs")


@require_POST
def archive(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Take it off the list."""
    actions.archive_plan(actor=request.actor, plan_id=plan_id)
    messages.success(request, _("It goes out no more; what went out stays in the history."))
    return go(request, "console:briefs")


@require_POST
def unpick(request: StaffRequest, pick_id: int) -> HttpResponse:
    """Take back what waits for the next brief."""
    actions.drop_pick(actor=request.actor, pick_id=pick_id)
    return go(request, "console:briefs")


urlpatterns = [
    path("content/briefs/", briefs, name="briefs"),
    path("content/briefs/new/", new, name="brief_plan_new"),
    path("content/briefs/plans/<int:plan_id>/", change, name="brief_plan"),
    path("content/briefs/plans/<int:plan_id>/rest/", rest, name="brief_plan_rest"),
    path("content/briefs/plans/<int:plan_id>/archive/", archive, name="brief_plan_archive"),
    path("content/briefs/picks/<int:pick_id>/drop/", unpick, name="brief_unpick"),
]
