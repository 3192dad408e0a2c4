"""One's own name, language, zone and look."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from qunce.community.types import ZONES
from qunce.console.context import StaffRequest, languages
from qunce.console.forms import errors_in
from qunce.kernel.htmx import go
from qunce.team import actions
from qunce.team.types import Theme

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


def profile(request: StaffRequest) -> HttpResponse:
    """Change one's own profile."""
    me = request.user
    now = {
        "name": me.name,
        "language": me.language or request.LANGUAGE_CODE,
        "zone": str(request.zone),
        "theme": me.theme or Theme.AUTO,
    }
    form = ProfileForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        with errors_in(form):
            actions.change_own_profile(actor=request.actor, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return go(request, "console:profile")
    return render(request, "console/team/profile.html", {"form": form})


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
    path("preferences/", preferences, name="preferences"),
]
