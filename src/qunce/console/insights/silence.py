"""Silence on purpose: a course ends, a project is done, a holiday begins; the group is not judged meanwhile."""

from collections.abc import Mapping

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from qunce.console.context import StaffRequest
from qunce.console.forms import DayInput
from qunce.insights.actions import silence as actions
from qunce.insights.types import Silence
from qunce.kernel.errors import Conflict, Invalid
from qunce.kernel.htmx import go

KINDS: Mapping[str, str | Promise] = {
    Silence.COURSE: gettext_lazy("The course is over"),
    Silence.PROJECT: gettext_lazy("The project is done"),
    Silence.HOLIDAY: gettext_lazy("Holiday"),
}


class SilenceForm(forms.Form):
    """Why, from when on, and for a holiday until when."""

    kind = forms.ChoiceField(label=gettext_lazy("Why"), choices=list(KINDS.items()))
    begins_on = forms.DateField(label=gettext_lazy("From"), widget=DayInput())
    ends_on = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        widget=DayInput(),
        help_text=gettext_lazy("For a holiday; what is over stays so."),
    )


@require_POST
def plan(request: StaffRequest, group_id: int) -> HttpResponse:
    """Say that the group is to be silent."""
    form = SilenceForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            actions.plan_end(
                actor=request.actor,
                group_id=group_id,
                kind=Silence(given["kind"]),
                begins_on=given["begins_on"],
                ends_on=given["ends_on"],
            )
            messages.success(request, _("Planned. Its silence is no decline then."))
        except (Invalid, Conflict) as error:
            messages.error(request, str(error))
    else:
        messages.error(request, _("Say why and from which day on."))
    return go(request, "console:group_insight", group_id)


@require_POST
def take_back(request: StaffRequest, group_id: int, plan_id: int) -> HttpResponse:
    """The group is judged as any other again."""
    actions.take_back_plan(actor=request.actor, plan_id=plan_id)
    messages.success(request, _("Taken back. The group is judged again."))
    return go(request, "console:group_insight", group_id)
