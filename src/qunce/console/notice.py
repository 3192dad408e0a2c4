"""The notice of a community's groups: written once, filled in per group, and where each group stands."""

from collections import Counter

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from qunce.chat import actions as chat
from qunce.chat import selectors as ledger
from qunce.chat.types import NoticeState
from qunce.community import actions, policies, selectors
from qunce.console.context import StaffRequest
from qunce.console.filters import number
from qunce.console.forms import errors_in
from qunce.kernel.actor import Permission
from qunce.kernel.errors import Invalid
from qunce.kernel.htmx import go, page

STATES: dict[NoticeState, tuple[str, str | Promise]] = {
    NoticeState.CURRENT: ("good", gettext_lazy("Up to date")),
    NoticeState.ON_ITS_WAY: ("busy", gettext_lazy("On its way")),
    NoticeState.OUTDATED: ("wait", gettext_lazy("Outdated")),
    NoticeState.FAILED: ("bad", gettext_lazy("Not set")),
    NoticeState.BY_HAND: ("wait", gettext_lazy("To be set by hand")),
    NoticeState.NEVER: ("off", gettext_lazy("Never set")),
}
STALE = (NoticeState.OUTDATED, NoticeState.FAILED, NoticeState.NEVER)


class NoticeForm(forms.Form):
    """What members see first, and whom they may ask."""

    text = forms.CharField(
        label=gettext_lazy("Notice"),
        widget=forms.Textarea({"rows": 9}),
        max_length=policies.LONGEST_NOTICE,
        help_text=gettext_lazy("A line in which all variables are empty is left out."),
    )
    contact = forms.CharField(
        label=gettext_lazy("Whom to ask"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("A person of yours, as members know them."),
    )
    keep_current = forms.BooleanField(
        label=gettext_lazy("Keep it up to date"),
        required=False,
        help_text=gettext_lazy(
            "When the community's texts, a group's name or this notice change, groups get the new one by itself."
        ),
    )


def notice(request: StaffRequest, community_id: int) -> HttpResponse:
    """Write it, see it, and see where it stands in every group."""
    home = selectors.community(request.actor, community_id)
    now = selectors.notice(request.actor, community_id)
    initial = {"text": now.text, "contact": now.contact, "keep_current": now.keep_current}
    form = NoticeForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with errors_in(form):
            actions.set_notice(actor=request.actor, community_id=community_id, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return go(request, "console:notice", community_id)
    views = ledger.notices(request.actor, community_id)
    counted = Counter(view.state for view in views)
    stale = sum(counted[state] for state in STALE)
    chosen = number(request.GET.get("group", ""))
    shown = next((view for view in views if view.group.pk == chosen), views[0] if views else None)
    context = {
        "community": home,
        "form": form,
        "rows": [(view, *STATES[view.state], view.state in STALE) for view in views],
        "stale": stale,
        "heading": ngettext(
            "%(count)d group does not have its notice", "%(count)d groups do not have their notice", stale
        )
        % {"count": stale},
        "by_hand": sum(not view.can for view in views),
        "shown": shown,
        "variables": policies.NOTICE_VARIABLES.items(),
        "may_push": request.actor.may(Permission.OPERATE, community_id),
    }
    return page(request, "console/community/notice.html", context, piece="console/community/notice_groups.html")


@require_POST
def preview(request: StaffRequest, community_id: int) -> HttpResponse:
    """What is being written, as members of one group would see it."""
    group_id, given = number(request.POST.get("group", "")), request.POST
    try:
        text = selectors.notice_preview(
            request.actor, community_id, group_id, text=given.get("text", ""), contact=given.get("contact", "")
        )
    except Invalid as error:
        return render(request, "console/community/notice_preview.html", {"problem": str(error)})
    return render(request, "console/community/notice_preview.html", {"text": text})


@require_POST
def push(request: StaffRequest, community_id: int) -> HttpResponse:
    """Have it set where it is not: in the group named, else in all."""
    group_id = number(request.POST.get("group", ""))
    told = chat.push_notices(
        actor=request.actor, community_id=community_id, group_ids=None if group_id is None else [group_id]
    )
    said = ngettext("%(count)d group gets its notice.", "%(count)d groups get their notice.", told)
    messages.success(request, said % {"count": told} if told else _("Every group has it already."))
    return go(request, "console:notice", community_id)


urlpatterns = [
    path("communities/<int:community_id>/notice/", notice, name="notice"),
    path("communities/<int:community_id>/notice/preview/", preview, name="notice_preview"),
    path("communities/<int:community_id>/notice/push/", push, name="notice_push"),
]
