"""Writing a broadcast: the text, to whom, what each will see, and only then sending it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import path
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qunce.chat import actions, selectors
from qunce.chat.connector import connectors
from qunce.chat.selectors import Target
from qunce.chat.types import Recall, Selection
from qunce.community import selectors as community
from qunce.community.types import GroupFilter
from qunce.console.chat import words
from qunce.console.context import StaffRequest
from qunce.console.forms import errors_in
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid, NotAllowed, QunceError
from qunce.kernel.htmx import go

EVERYWHERE, FILTER, PICKED = "everywhere", "filter", "picked"
OFFERED = 30
NAMED = 20


class Composer(forms.Form):
    """All of a broadcast before it is sent. It travels through preview and back as hidden fields."""

    text = forms.CharField(
        label=gettext_lazy("Text"), widget=forms.Textarea(attrs={"rows": 7, "data-text": ""}), strip=True
    )
    whom = forms.ChoiceField(
        label=gettext_lazy("To whom"),
        widget=forms.RadioSelect,
        choices=[
            (EVERYWHERE, gettext_lazy("Every group that I operate")),
            (FILTER, gettext_lazy("Groups by community, tag or name")),
            (PICKED, gettext_lazy("Groups one by one")),
        ],
    )
    communities = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Communities"), coerce=int, widget=forms.CheckboxSelectMultiple, required=False
    )
    tags = forms.MultipleChoiceField(label=gettext_lazy("Tags"), widget=forms.CheckboxSelectMultiple, required=False)
    search = forms.CharField(label=gettext_lazy("Name contains"), required=False, max_length=80)
    title = forms.CharField(
        label=gettext_lazy("Title"), help_text=gettext_lazy("For your team only."), required=False, max_length=120
    )
    not_after = forms.DateTimeField(
        label=gettext_lazy("Not after"),
        help_text=gettext_lazy("What could not be sent until then is not sent at all."),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    submission = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, actor: Actor, data: QueryDict | None = None, initial: dict[str, object] | None = None) -> None:
        super().__init__(data, initial=initial)
        places = community.visible_communities(actor, Permission.OPERATE).values_list("pk", "name")
        self.fields["communities"].choices = list(places)  # type: ignore[attr-defined]
        self.fields["tags"].choices = [(tag, tag) for tag in community.tags(actor)]  # type: ignore[attr-defined]
        given = data.getlist("group_ids") if data is not None else (initial or {}).get("group_ids", [])
        self.group_ids = tuple(int(key) for key in given if str(key).isdecimal())  # type: ignore[attr-defined]

    def selection(self) -> Selection:
        """The groups that were chosen, as far as what was entered makes sense."""
        chosen = self.cleaned_data
        match chosen.get("whom"):
            case "everywhere":
                return Selection(everywhere=True)
            case "picked":
                return Selection(group_ids=self.group_ids)
            case _:
                return Selection(
                    community_ids=tuple(chosen.get("communities", ())),
                    tags=tuple(chosen.get("tags", ())),
                    text=chosen.get("search", ""),
                )


@dataclass(frozen=True, slots=True)
class Plan:
    """What sending would do. ``skipped``: reason, how many, the first of their names."""

    sendable: Sequence[Target]
    skipped: Sequence[tuple[str, int, Sequence[str]]]
    lasts: str
    not_recallable: Sequence[str]


def _plan(found: Sequence[Target]) -> Plan:
    by_reason: dict[str, list[str]] = {}
    for target in found:
        if target.obstacle:
            by_reason.setdefault(target.obstacle, []).append(target.group)
    sendable = [target for target in found if not target.obstacle]
    seconds = selectors.seconds_at_pace(Counter(target.account_id for target in sendable if target.account_id))
    fixed = sorted({t.platform for t in sendable if not connectors[t.platform].capabilities.can(Recall)})
    return Plan(
        sendable,
        [(words.told(reason), len(names), names[:NAMED]) for reason, names in by_reason.items()],
        words.lasting(seconds or 0),
        [_(connectors[key].title) for key in fixed],
    )


def _may_compose(request: StaffRequest) -> None:
    if not request.actor.may_anywhere(Permission.OPERATE):
        raise NotAllowed(permission=Permission.OPERATE)


def _blank(request: StaffRequest) -> dict[str, object]:
    """An address may name what to begin with: ``?group=…`` (several) or ``?community=…``."""
    groups, places = request.GET.getlist("group"), request.GET.getlist("community")
    whom = PICKED if groups else FILTER
    return {"whom": whom, "group_ids": groups, "communities": places, "submission": uuid4()}


def compose(request: StaffRequest) -> HttpResponse:
    """Write; then ``step`` by step: preview, back to edit, send."""
    _may_compose(request)
    if request.method != "POST":
        return _editor(request, Composer(request.actor, initial=_blank(request)))
    form = Composer(request.actor, request.POST)
    step = request.POST.get("step")
    if step != "edit" and form.is_valid():
        with errors_in(form):
            if step == "send":
                return _send(request, form)
            return _preview(request, form)
    return _editor(request, form)


def _editor(request: StaffRequest, form: Composer) -> HttpResponse:
    picked = selectors.selectable(request.actor, Selection(group_ids=form.group_ids))
    chinese = (get_language() or "").startswith("zh")
    variables = [(alias if chinese else name, MEANINGS[name]) for name, alias in selectors.VARIABLES.items()]
    context = {"form": form, "picked": picked.values_list("pk", "name"), "variables": variables}
    return render(request, "console/chat/compose.html", context)


MEANINGS = {
    "group": gettext_lazy("the group's name"),
    "members": gettext_lazy("how many members it has"),
    "community": gettext_lazy("the community's name"),
    "date": gettext_lazy("today's date there"),
    "weekday": gettext_lazy("today's weekday there"),
}


def _preview(request: StaffRequest, form: Composer) -> HttpResponse:
    selection = form.selection()
    if selection.is_empty:
        raise Invalid(_("Choose at least one group."), field="whom")
    plan = _plan(selectors.targets(request.actor, selection, form.cleaned_data["text"]))
    context = {"form": form, "plan": plan, "kept": _kept(request), **_phone(plan.sendable, 1)}
    return render(request, "console/chat/preview.html", context)


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    """Everything that was entered, for hidden fields."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in {"csrfmiddlewaretoken", "step", "n"}
    ]


def _phone(sendable: Sequence[Target], n: int) -> dict[str, object]:
    """The ``n``-th target's phone, and its neighbours."""
    n = max(1, min(n, len(sendable)))
    return {"target": sendable[n - 1] if sendable else None, "n": n, "total": len(sendable)}


def _send(request: StaffRequest, form: Composer) -> HttpResponse:
    chosen = form.cleaned_data
    broadcast = actions.send_broadcast(
        actor=request.actor,
        title=chosen["title"],
        text=chosen["text"],
        selection=form.selection(),
        submission=chosen["submission"],
        not_after=chosen["not_after"],
    )
    return go(request, "console:broadcast", broadcast.pk)


@require_POST
def step_through(request: StaffRequest) -> HttpResponse:
    """The phone of another target, within the preview."""
    _may_compose(request)
    form = Composer(request.actor, request.POST)
    form.is_valid()
    found = selectors.targets(request.actor, form.selection(), form.cleaned_data.get("text", ""))
    sendable = [target for target in found if not target.obstacle]
    n = request.POST.get("n", "1")
    return render(request, "console/chat/preview_phone.html", _phone(sendable, int(n) if n.isdecimal() else 1))


@require_POST
def beside(request: StaffRequest) -> HttpResponse:
    """What is seen beside the text while writing: how many it reaches, what the first one would see."""
    _may_compose(request)
    form = Composer(request.actor, request.POST)
    form.is_valid()
    selection, text = form.selection(), request.POST.get("text", "")
    found = selectors.selectable(request.actor, selection)
    platforms = set(found.order_by().values_list("platform", flat=True).distinct())
    context: dict[str, object] = {
        "count": found.count(),
        "limits": sorted((connectors[key].capabilities.longest_text, _(connectors[key].title)) for key in platforms),
        "length": len(text.strip()),
    }
    if text.strip():
        try:
            context["first"] = next(iter(selectors.targets(request.actor, selection, text, most=1)), None)
        except QunceError as error:
            context["objection"] = error
    return render(request, "console/chat/compose_beside.html", context)


def offer(request: StaffRequest) -> HttpResponse:
    """Groups to pick from, by name or tag."""
    _may_compose(request)
    found = community.find_groups(
        request.actor, GroupFilter(text=request.GET.get("find", "").strip()), Permission.OPERATE
    )
    rows = list(found.values_list("pk", "name", "community__name")[: OFFERED + 1])
    return render(request, "console/chat/compose_offer.html", {"rows": rows[:OFFERED], "more": len(rows) > OFFERED})


urlpatterns = [
    path("broadcasts/new/", compose, name="broadcast_new"),
    path("broadcasts/new/beside/", beside, name="broadcast_beside"),
    path("broadcasts/new/offer/", offer, name="broadcast_offer"),
    path("broadcasts/new/phone/", step_through, name="broadcast_phone"),
]
