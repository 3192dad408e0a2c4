"""How a community holds its sessions, and its public site."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qunce.community import selectors as community
from qunce.community.types import LANGUAGES
from qunce.console.context import StaffRequest
from qunce.console.forms import ListField, errors_in
from qunce.content import actions
from qunce.content.selectors import sessions, sites
from qunce.kernel.actor import Permission
from qunce.kernel.errors import Invalid
from qunce.kernel.htmx import go, page

SHOWN = 12


class SiteForm(forms.Form):
    """Whether it is there, how it is called, and what it says of itself."""

    enabled = forms.BooleanField(label=gettext_lazy("Everybody can read it"), required=False)
    slug = forms.CharField(
        label=gettext_lazy("Name in the address"),
        max_length=40,
        help_text=gettext_lazy("Small letters, digits and hyphens, such as reading-club."),
    )
    intro = forms.CharField(
        label=gettext_lazy("Introduction"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["language"].choices = [  # type: ignore[attr-defined]
            (code, get_language_info(code)["name_local"]) for code in LANGUAGES
        ]


class PracticeForm(forms.Form):
    """By which words sessions begin and end, and for how long things are waited for."""

    begins = ListField(label=gettext_lazy("Words that begin a session"))
    ends = ListField(label=gettext_lazy("Words that end it"))
    silence = forms.IntegerField(
        label=gettext_lazy("Ends by itself after so many minutes without a word of its speakers"),
        min_value=10,
        max_value=720,
    )
    consent = forms.IntegerField(
        label=gettext_lazy("Authors may answer for so many hours"), min_value=1, max_value=24 * 14
    )


def _initial(request: StaffRequest, community_id: int) -> tuple[SiteForm, PracticeForm]:
    home = community.community(request.actor, community_id)
    row, words = sites.site(request.actor, community_id), sessions.practice(community_id)
    spoken = home.languages[0] if home.languages else LANGUAGES[0]
    about = (
        {"enabled": row.enabled, "slug": row.slug, "intro": row.intro, "language": row.language}
        if row
        else {"slug": f"c{community_id}", "language": spoken}
    )
    minutes, hours = words.silence // timedelta(minutes=1), words.consent // timedelta(hours=1)
    held = {"begins": list(words.begins), "ends": list(words.ends), "silence": minutes, "consent": hours}
    return SiteForm(initial=about), PracticeForm(initial=held)


def site(request: StaffRequest, community_id: int) -> HttpResponse:
    """Both, for whoever leads the community."""
    community.community(request.actor, community_id, Permission.LEAD)
    return _page(request, community_id, *_initial(request, community_id))


def _page(request: StaffRequest, community_id: int, about: SiteForm, held: PracticeForm) -> HttpResponse:
    row = sites.site(request.actor, community_id)
    address = reverse("site:home", args=[row.slug]) if row and row.enabled else ""
    text = request.GET.get("text", "").strip()
    found = sessions.possible_scribes(request.actor, community_id, text)[:SHOWN] if text else ()
    context: dict[str, object] = {
        "community": community.community(request.actor, community_id),
        "form": about,
        "held": held,
        "scribes": sessions.standing_scribes(request.actor, community_id),
        "text": text,
        "found": found,
        "address": address,
        "whole": f"{settings.BASE_URL or request.build_absolute_uri('/')[:-1]}{address}" if address else "",
    }
    return page(request, "console/content/site.html", context, piece="console/content/scribes_found.html")


@require_POST
def site_change(request: StaffRequest, community_id: int) -> HttpResponse:
    """Switch the site on or off, or call it otherwise."""
    community.community(request.actor, community_id, Permission.LEAD)
    form = SiteForm(request.POST)
    if form.is_valid():
        with errors_in(form):
            actions.set_site(actor=request.actor, community_id=community_id, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return go(request, "console:site", community_id)
    return _page(request, community_id, form, _initial(request, community_id)[1])


@require_POST
def practice_change(request: StaffRequest, community_id: int) -> HttpResponse:
    """Change how sessions begin and end."""
    community.community(request.actor, community_id, Permission.LEAD)
    form = PracticeForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        with errors_in(form):
            actions.set_practice(
                actor=request.actor,
                community_id=community_id,
                begins=given["begins"],
                ends=given["ends"],
                silence=timedelta(minutes=given["silence"]),
                consent=timedelta(hours=given["consent"]),
            )
            messages.success(request, _("Saved."))
            return go(request, "console:site", community_id)
    return _page(request, community_id, _initial(request, community_id)[0], form)


@require_POST
def practice_scribes(request: StaffRequest, community_id: int) -> HttpResponse:
    """Name somebody who writes up every session, or no more."""
    chosen = request.POST.get("member", "")
    if not chosen.isdecimal():
        raise Invalid(_("Choose somebody."), field="member")
    named = request.POST.get("op") != "remove"
    actions.set_standing_scribe(actor=request.actor, community_id=community_id, member_id=int(chosen), named=named)
    messages.success(request, _("Saved."))
    return go(request, "console:site", community_id)


urlpatterns = [
    path("communities/<int:community_id>/site/", site, name="site"),
    path("communities/<int:community_id>/site/change/", site_change, name="site_change"),
    path("communities/<int:community_id>/sessions/", practice_change, name="practice_change"),
    path("communities/<int:community_id>/sessions/scribes/", practice_scribes, name="practice_scribes"),
]
