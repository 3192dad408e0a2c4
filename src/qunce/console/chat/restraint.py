"""When broadcasts may reach a community: quiet hours, how many a day, and which words are complaints."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qunce.chat import actions
from qunce.chat.selectors import attention
from qunce.chat.types import Restraint
from qunce.community import selectors as community
from qunce.console.context import StaffRequest
from qunce.console.forms import TimeInput, errors_in
from qunce.kernel.actor import Permission
from qunce.kernel.htmx import go


def _time(label: object) -> forms.TimeField:
    widget = TimeInput()
    return forms.TimeField(label=label, required=False, widget=widget)  # type: ignore[arg-type]


class RestraintForm(forms.Form):
    """What is empty does not bind."""

    quiet_from = _time(gettext_lazy("Quiet from"))
    quiet_until = _time(gettext_lazy("Quiet until"))
    daily_cap = forms.IntegerField(
        label=gettext_lazy("Broadcasts a day"),
        required=False,
        min_value=1,
        max_value=100,
        help_text=gettext_lazy("At most so many reach a group in a day; further ones wait for the next."),
    )
    consent_above = forms.IntegerField(
        label=gettext_lazy("Approval above so many groups"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text=gettext_lazy(
            "A broadcast to more groups waits until a lead has approved it. Leads send without asking."
            " Empty: nobody has to ask."
        ),
    )
    complaints = forms.CharField(
        label=gettext_lazy("Words of complaint"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy(
            "One a line. Who says one of them after a broadcast has complained; too many stop a broadcast in waves."
        ),
    )


def restraint(request: StaffRequest, community_id: int) -> HttpResponse:
    """Look at it, and change it."""
    home = community.community(request.actor, community_id, Permission.LEAD)
    now = attention.restraint(request.actor, community_id)
    initial = {
        "quiet_from": now.quiet_from,
        "quiet_until": now.quiet_until,
        "daily_cap": now.daily_cap,
        "complaints": "\n".join(now.complaints),
        "consent_above": now.consent_above,
    }
    form = RestraintForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        with errors_in(form):
            actions.set_restraint(
                actor=request.actor,
                community_id=community_id,
                restraint=Restraint(
                    chosen["quiet_from"],
                    chosen["quiet_until"],
                    chosen["daily_cap"],
                    tuple(chosen["complaints"].splitlines()),
                    chosen["consent_above"],
                ),
            )
            messages.success(request, _("Saved."))
            return go(request, "console:community", community_id)
    return render(request, "console/chat/restraint.html", {"form": form, "community": home})


urlpatterns = [path("communities/<int:community_id>/broadcasts/", restraint, name="restraint")]
