"""One's own name, language, zone and look."""

from dataclasses import asdict

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from qunce.chat import selectors as chat
from qunce.community.types import ZONES
from qunce.console.context import StaffRequest, languages
from qunce.console.forms import TimeInput, errors_in
from qunce.console.live import topic
from qunce.kernel.actor import Actor
from qunce.kernel.errors import Conflict
from qunce.kernel.htmx import go, page
from qunce.team import actions, selectors
from qunce.team.types import Reach, Theme, Topic

YEAR = 365 * 86400


class ProfileForm(forms.Form):
    """What a person may change about himself."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    language = forms.ChoiceField(label=gettext_lazy("Language"))
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), help_text=gettext_lazy("Times on pages that belong to no community.")
    )
    theme = forms.TypedChoiceField(
        label=gettext_lazy("Look"),
        coerce=Theme,
        choices=[
            (Theme.AUTO, gettext_lazy("As the device")),
            (Theme.LIGHT, gettext_lazy("Light")),
            (Theme.DARK, gettext_lazy("Dark")),
        ],
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["language"].choices = languages()  # type: ignore[attr-defined]
        self.fields["zone"].choices = [(zone, zone) for zone in sorted(ZONES)]  # type: ignore[attr-defined]


class ReachForm(forms.Form):
    """How, when and of what one wants to be told."""

    mail = forms.BooleanField(label=gettext_lazy("By mail"), required=False)
    chat = forms.BooleanField(label=gettext_lazy("In my own chat"), required=False)
    topics = forms.TypedMultipleChoiceField(
        label=gettext_lazy("What about"),
        required=False,
        coerce=Topic,
        choices=[
            (Topic.TASKS, gettext_lazy("My tasks")),
            (Topic.APPROVALS, gettext_lazy("Approvals")),
            (Topic.ALERTS, gettext_lazy("Alerts")),
            (Topic.REPORTS, gettext_lazy("Regular reports")),
        ],
        widget=forms.CheckboxSelectMultiple,
    )
    quiet_from = forms.TimeField(label=gettext_lazy("Quiet from"), required=False, widget=TimeInput())
    quiet_until = forms.TimeField(
        label=gettext_lazy("Quiet until"),
        required=False,
        widget=TimeInput(),
        help_text=gettext_lazy("In your time zone. What happens meanwhile comes afterwards."),
    )


@topic("staff")
def may_follow(actor: Actor, key: str) -> bool:
    """Everybody himself."""
    return actor.id is not None and key == str(actor.id)


def profile(request: StaffRequest) -> HttpResponse:
    """Change one's own profile."""
    return _profile(request)


def _profile(request: StaffRequest, reach_form: ReachForm | None = None) -> HttpResponse:
    me = request.user
    now = {
        "name": me.name,
        "language": me.language or request.LANGUAGE_CODE,
        "zone": str(request.zone),
        "theme": me.theme or Theme.AUTO,
    }
    own = selectors.own_reach(request.actor)
    form = ProfileForm(request.POST if request.POST and reach_form is None else None, initial=now)
    if form.is_bound and form.is_valid():
        with errors_in(form):
            actions.change_own_profile(actor=request.actor, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return go(request, "console:profile")
    context = {
        "form": form,
        "reach_form": reach_form or ReachForm(initial={**asdict(own.reach), "topics": sorted(own.reach.topics)}),
        "own": own,
        "bots": chat.accounts_to_write_to() if own.code else [],
    }
    return page(request, "console/team/profile.html", context, piece="console/team/own_chat.html")


@require_POST
def reach(request: StaffRequest) -> HttpResponse:
    """Choose how one is told."""
    form = ReachForm(request.POST)
    if form.is_valid():
        with errors_in(form):
            chosen = Reach(**{**form.cleaned_data, "topics": frozenset(form.cleaned_data["topics"])})
            actions.change_own_reach(actor=request.actor, reach=chosen)
            messages.success(request, _("Saved."))
            return go(request, "console:profile")
    return _profile(request, form)


@require_POST
def link_chat(request: StaffRequest) -> HttpResponse:
    """Get a code to say."""
    try:
        actions.issue_chat_code(actor=request.actor)
    except Conflict as error:
        messages.error(request, str(error))
    return go(request, "console:profile")


@require_POST
def unlink_chat(request: StaffRequest) -> HttpResponse:
    """No more messages there."""
    actions.unlink_chat(actor=request.actor)
    messages.success(request, _("Nothing is sent there any more."))
    return go(request, "console:profile")


@login_not_required
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Switch language or look: kept with the person, and in a cookie for the pages before signing in."""
    back = request.POST.get("next", "")
    response = redirect(back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else "/")
    language, theme = request.POST.get("language", ""), request.POST.get("theme", "")
    options = {"max_age": YEAR, "samesite": "Lax", "httponly": True, "secure": request.is_secure()}
    if language in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, **options)  # type: ignore[arg-type]
        actions.change_own_profile(actor=request.actor, language=language)  # type: ignore[attr-defined]
    if theme in set(Theme):
        response.set_cookie("theme", theme, **options)  # type: ignore[arg-type]
        actions.change_own_profile(actor=request.actor, theme=Theme(theme))  # type: ignore[attr-defined]
    return response


urlpatterns = [
    path("profile/", profile, name="profile"),
    path("profile/reach/", reach, name="reach"),
    path("profile/chat/", link_chat, name="link_chat"),
    path("profile/chat/unlink/", unlink_chat, name="unlink_chat"),
    path("preferences/", preferences, name="preferences"),
]
