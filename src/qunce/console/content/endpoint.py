"""The endpoint that writes: where it is, what it may use, and which communities let their texts go there."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from qunce.console.context import StaffRequest
from qunce.console.forms import errors_in
from qunce.content import actions, selectors
from qunce.content.types import EndpointView
from qunce.kernel.actor import Permission
from qunce.kernel.errors import Invalid
from qunce.kernel.htmx import go


class EndpointForm(forms.Form):
    """Where it is, who it takes us for, and how much it may be used."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        help_text=gettext_lazy(
            "Of an API that speaks as OpenAI's does, up to /v1; one in your own network may be called, too."
        ),
        widget=forms.TextInput(attrs={"placeholder": "http://localhost:11434/v1", "inputmode": "url"}),
    )
    model = forms.CharField(label=gettext_lazy("Model"), max_length=120)
    key = forms.CharField(
        label=gettext_lazy("API key"),
        required=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Kept encrypted and never shown again. Empty: the one that is stored stays."),
    )
    timeout = forms.IntegerField(label=gettext_lazy("Seconds to wait for an answer"), min_value=1, max_value=120)
    calls_per_day = forms.IntegerField(label=gettext_lazy("Calls a day, at most"), min_value=0, max_value=1_000_000)
    tokens_per_day = forms.IntegerField(
        label=gettext_lazy("Tokens a day, at most"), min_value=0, max_value=1_000_000_000
    )


def _initial(known: EndpointView | None) -> dict[str, object]:
    if known is None:
        return {"timeout": 30, "calls_per_day": 500, "tokens_per_day": 500_000}
    names = ("url", "model", "timeout", "calls_per_day", "tokens_per_day")
    return {name: getattr(known, name) for name in names}


def endpoint(request: StaffRequest) -> HttpResponse:
    """How it is set up, and setting it up."""
    known = selectors.endpoint(request.actor)
    form = EndpointForm(request.POST or None, initial=_initial(known))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with errors_in(form):
            actions.set_endpoint(actor=request.actor, **{**given, "key": given["key"] or None})
            messages.success(request, _("Saved. Try it, and say which communities' texts may go there."))
            return go(request, "console:endpoint")
    context = {"form": form, "known": known, "homes": selectors.consents(request.actor)}
    return render(request, "console/content/endpoint.html", context)


@require_POST
def endpoint_try(request: StaffRequest) -> HttpResponse:
    """Let it say something."""
    try:
        said = actions.try_endpoint(actor=request.actor)
        messages.success(request, _("It has answered: “%(said)s”") % {"said": said})
    except Invalid as error:
        messages.error(request, str(error))
    return go(request, "console:endpoint")


@require_POST
def endpoint_remove(request: StaffRequest) -> HttpResponse:
    """Have nothing written by a model any more."""
    actions.remove_endpoint(actor=request.actor)
    messages.success(request, _("Removed, with its key. Digests quote what was said."))
    return go(request, "console:endpoint")


@require_POST
def endpoint_consent(request: StaffRequest, community_id: int) -> HttpResponse:
    """Say whether a community's texts may be sent there."""
    allowed = request.POST.get("allowed") == "1"
    actions.let_texts_leave(actor=request.actor, community_id=community_id, allowed=allowed)
    messages.success(request, _("Allowed.") if allowed else _("Nothing more of it is sent there."))
    return go(request, "console:endpoint" if request.actor.may(Permission.ADMINISTER) else "console:digests")


urlpatterns = [
    path("content/endpoint/", endpoint, name="endpoint"),
    path("content/endpoint/try/", endpoint_try, name="endpoint_try"),
    path("content/endpoint/remove/", endpoint_remove, name="endpoint_remove"),
    path("content/endpoint/consent/<int:community_id>/", endpoint_consent, name="endpoint_consent"),
]
