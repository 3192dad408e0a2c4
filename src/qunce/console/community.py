"""Communities: how they are, and what is written down about each."""

from dataclasses import asdict, dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qunce.chat.selectors import activity
from qunce.chat.selectors.activity import Day, Weeks
from qunce.community import actions, selectors
from qunce.community.selectors import Community, Size
from qunce.community.types import LANGUAGES, ZONES, CommunityProfile, GroupFilter
from qunce.console.context import StaffRequest
from qunce.console.forms import errors_in
from qunce.console.live import topic
from qunce.kernel import charts
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.htmx import go

NEAR = ("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Tokyo", "Europe/London", "UTC")
BUSIEST = 8


@topic("community")
def may_follow(actor: Actor, key: str) -> bool:
    """Whoever may see the community."""
    return key.isdecimal() and actor.may(Permission.VIEW, int(key))


# ---------------------------------------------------------------- how they are
@dataclass(frozen=True, slots=True)
class Card:
    """One community in the list: its size, and people's messages of fourteen days."""

    community: Community
    size: Size
    weeks: Weeks
    line: list[int]

    @property
    def trend(self) -> str:
        """The weeks compared, in words."""
        return in_words(self.weeks)


def communities(request: StaffRequest) -> HttpResponse:
    """All communities that this person may see, the archived ones behind a tab."""
    archived = request.GET.get("state") == "archived"
    sizes = selectors.sizes(request.actor)
    days = activity.days_of_communities(request.actor, days=15)
    cards = [
        _card(community, sizes, days) for community in selectors.visible_communities(request.actor, archived=archived)
    ]
    return render(
        request,
        "console/community/list.html",
        {
            "cards": cards,
            "archived": archived,
            "quieter": [card for card in cards if card.weeks.is_quieter],
            "may_found": request.actor.may(Permission.LEAD),
        },
    )


def _card(community: Community, sizes: dict[int, Size], days: dict[int, list[Day]]) -> Card:
    counted = days.get(community.pk, [])
    return Card(
        community,
        sizes.get(community.pk, Size()),
        activity.weeks(counted),
        [day.messages for day in counted[1:]],
    )


def community(request: StaffRequest, community_id: int) -> HttpResponse:
    """One community: what is said in its groups, and what it is for."""
    found = selectors.community(request.actor, community_id)
    days = activity.days_of_communities(request.actor, days=30).get(found.pk, [])
    groups = selectors.find_groups(request.actor, GroupFilter(community_id=found.pk))
    busiest = selectors.groups_in_order(request.actor, activity.ranked(groups)[:BUSIEST])
    lines = activity.daily_messages(request.actor, [group.pk for group in busiest])
    return render(
        request,
        "console/community/one.html",
        {
            "community": found,
            "profile": selectors.profile_of(found),
            "spoken": [get_language_info(code)["name_local"] for code in found.languages],
            "size": selectors.sizes(request.actor).get(found.pk, Size()),
            "weeks": activity.weeks(days),
            "trend": in_words(activity.weeks(days)),
            "groups_url": f"{reverse('console:groups')}?community={found.pk}",
            "found_url": f"{reverse('console:groups')}?state=found",
            "today": days[-1] if days else None,
            "chart": per_day(days),
            "busiest": [(group, lines[group.pk]) for group in busiest if any(lines[group.pk])],
            "may_change": request.actor.may(Permission.LEAD, found.pk),
            "may_archive": request.actor.may(Permission.ADMINISTER, found.pk),
        },
    )


def in_words(weeks: Weeks) -> str:
    """How the last seven whole days compare with the seven before."""
    if weeks.change is None:
        return _("no week before to compare with")
    percent = round(weeks.change * 100)
    if not percent:
        return _("as much as the week before")
    said = (
        _("%(percent)s%% more than the week before") if percent > 0 else _("%(percent)s%% less than the week before")
    )
    return said % {"percent": abs(percent)}


def per_day(days: list[Day]) -> charts.Chart:
    """Messages per day, people's beneath those of bots."""
    return charts.over_time(
        _("Messages per day"),
        when=_("Day"),
        points=[f"{day.day:%m-%d}" for day in days],
        values={
            _("People"): [day.messages for day in days],
            _("Bots and us"): [day.bot_messages for day in days],
        },
        stack=True,
    )


# ---------------------------------------------------------------- what is written down
def _language_choices() -> list[tuple[str, str]]:
    return [(code, get_language_info(code)["name_local"]) for code in LANGUAGES]


def _zone_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    rest = sorted(ZONES - set(NEAR))
    return [(_("Often chosen"), [(zone, zone) for zone in NEAR]), (_("All others"), [(zone, zone) for zone in rest])]


class CommunityForm(forms.Form):
    """What the team writes down about a community."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("As its members call it.")
    )
    purpose = forms.CharField(
        label=gettext_lazy("Purpose"),
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("Whom is it for, and what is hard for them without it? One or two sentences."),
    )
    shared_goal = forms.CharField(
        label=gettext_lazy("Shared goal"),
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy(
            "What do members want to reach together? A goal that only its owner has keeps nobody."
        ),
    )
    promise = forms.CharField(
        label=gettext_lazy("Promise"),
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("What has somebody gained after a month? Promise what you can keep every week."),
    )
    voice = forms.CharField(
        label=gettext_lazy("Voice"),
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy(
            "How do we speak here? For example: warm and short, no commands, one question at a time."
        ),
    )
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=_zone_choices,
        help_text=gettext_lazy(
            "Where its days begin. Changing it counts all days again, which takes a little while."
        ),
    )
    speaks = forms.ChoiceField(
        label=gettext_lazy("Language of our bots"),
        choices=_language_choices,
        help_text=gettext_lazy("Dates and weekdays in broadcasts are written in it."),
    )
    reads = forms.MultipleChoiceField(
        label=gettext_lazy("Members also read"),
        required=False,
        choices=_language_choices,
        widget=forms.CheckboxSelectMultiple,
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    @classmethod
    def of(cls, profile: CommunityProfile, typed: Any = None) -> "CommunityForm":
        """Filled with a profile, or with what was typed over it."""
        speaks, *reads = profile.languages
        return cls(typed, initial={**asdict(profile), "speaks": speaks, "reads": reads, "seen": profile.fingerprint})

    @property
    def profile(self) -> CommunityProfile:
        """What was typed, once it is valid."""
        given = dict(self.cleaned_data)
        given.pop("seen")
        languages = dict.fromkeys([given.pop("speaks"), *given.pop("reads")])
        return CommunityProfile(languages=tuple(languages), **given)


def new_community(request: StaffRequest) -> HttpResponse:
    """Found a community."""
    request.actor.require(Permission.LEAD)
    form = CommunityForm.of(CommunityProfile("", zone=str(request.zone)), request.POST or None)
    if request.method == "POST" and form.is_valid():
        with errors_in(form):
            made = actions.create_community(actor=request.actor, profile=form.profile)
            messages.success(
                request, _("%(community)s is founded. Next: take groups into it.") % {"community": made.name}
            )
            return go(request, "console:community", made.pk)
    return render(request, "console/community/form.html", {"form": form, "community": None})


def change_community(request: StaffRequest, community_id: int) -> HttpResponse:
    """Change what is written down about a community."""
    found = selectors.community(request.actor, community_id, Permission.LEAD)
    form = CommunityForm.of(selectors.profile_of(found), request.POST or None)
    if request.method == "POST" and form.is_valid():
        with errors_in(form):
            actions.change_community(
                actor=request.actor,
                community_id=community_id,
                profile=form.profile,
                seen=form.cleaned_data["seen"] or None,
            )
            messages.success(request, _("Saved."))
            return go(request, "console:community", community_id)
    return render(request, "console/community/form.html", {"form": form, "community": found})


@require_POST
def archive_community(request: StaffRequest, community_id: int) -> HttpResponse:
    """Close a community."""
    closed = actions.archive_community(actor=request.actor, community_id=community_id)
    messages.success(request, _("%(community)s is archived.") % {"community": closed.name})
    return go(request, "console:communities")


@require_POST
def restore_community(request: StaffRequest, community_id: int) -> HttpResponse:
    """Open a community again."""
    opened = actions.restore_community(actor=request.actor, community_id=community_id)
    messages.success(request, _("%(community)s is open again.") % {"community": opened.name})
    return go(request, "console:community", community_id)


urlpatterns = [
    path("communities/", communities, name="communities"),
    path("communities/new/", new_community, name="community_new"),
    path("communities/<int:community_id>/", community, name="community"),
    path("communities/<int:community_id>/change/", change_community, name="community_change"),
    path("communities/<int:community_id>/archive/", archive_community, name="community_archive"),
    path("communities/<int:community_id>/restore/", restore_community, name="community_restore"),
]
