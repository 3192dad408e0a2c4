"""Beginning a run: on which groups, from when, with which words; and first, what will then happen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qunce.chat.types import Selection
from qunce.community import selectors as community
from qunce.console.chat.whom import EVERYWHERE, FILTER, PICKED, Whom
from qunce.console.context import StaffRequest
from qunce.console.forms import MomentInput, errors_in
from qunce.console.playbooks import words
from qunce.console.playbooks.editor import zone_of
from qunce.console.playbooks.grid import planned, summary_of, title_of
from qunce.console.playbooks.one import head
from qunce.console.playbooks.starts import start_said
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotAllowed
from qunce.kernel.htmx import go
from qunce.playbooks import actions, selectors
from qunce.playbooks.selectors import Playbook, rehearsals
from qunce.playbooks.step import steps
from qunce.playbooks.trigger import triggers
from qunce.playbooks.types import Document

AHEAD = timedelta(days=3)
VALUE = "value_"
MOST_NAMED = 8


class BeginForm(Whom):
    """Whom, when, and the playbook's own variables."""

    begins = forms.DateTimeField(
        label=gettext_lazy("Begins"),
        help_text=gettext_lazy("Day 0. Empty: now."),
        required=False,
        widget=MomentInput(),
    )
    grows = forms.BooleanField(
        label=gettext_lazy("Groups that fit later join by themselves"), required=False, initial=True
    )
    submission = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, actor: Actor, document: Document, data: Any = None, initial: Any = None) -> None:
        super().__init__(actor, data, initial)
        self.document = document
        for name, variable in document.variables.items():
            default = words.in_language(variable.default)
            self.fields[VALUE + name] = forms.CharField(
                label=words.in_language(variable.label) or name,
                required=variable.required and not default,
                widget=forms.TextInput(attrs={"placeholder": default}),
                help_text=_("In texts: {%(name)s}") % {"name": name},
                max_length=2000,
            )

    def values(self) -> dict[str, str]:
        """What was entered for the variables; what was left empty is as the playbook has it."""
        given = {name: self.cleaned_data.get(VALUE + name, "") for name in self.document.variables}
        return {name: value for name, value in given.items() if value}

    def value_fields(self) -> list[forms.BoundField]:
        """The playbook's own variables."""
        return [self[name] for name in self.fields if name.startswith(VALUE)]


@dataclass(frozen=True, slots=True)
class Coming:
    """Something that will happen soon."""

    at: datetime
    title: str
    does: str
    icon: str
    speaks: bool


def begin(request: StaffRequest, playbook_id: int) -> HttpResponse:
    """Choose; see what will happen; begin. ``?group=`` and ``?community=`` choose beforehand."""
    row = selectors.playbook(request.actor, playbook_id)
    if row.community_id is not None:
        request.actor.require(Permission.OPERATE, row.community_id)
    elif not request.actor.may_anywhere(Permission.OPERATE):
        raise NotAllowed(permission=Permission.OPERATE)
    version = selectors.latest_of([row.pk]).get(row.pk)
    if version is None:
        messages.error(request, _("It was never published: publish it first."))
        return go(request, "console:playbook", row.pk)
    document = selectors.document_of(version)
    posted = request.method == "POST"
    given = request.POST if posted else None
    form = BeginForm(request.actor, document, given, initial_of(request, row))
    context: dict[str, object] = {"form": form, "start": start_said(document), "picked": form.picked()}
    if posted and form.is_valid() and request.POST.get("step") != "edit":
        with errors_in(form):
            selection = form.selection()
            reached = selectors.reachable(request.actor, row, selection)
            if not reached:
                raise Invalid(_("Choose at least one group that you operate."), field="whom")
            if request.POST.get("step") == "begin":
                return _begin(request, row, form, selection)
            return _confirm(request, row, form, reached, context)
    return render(request, "console/playbooks/begin.html", {**context, **head(request, row, "begin")})


def initial_of(request: StaffRequest, row: Playbook) -> dict[str, object]:
    """What the address names, or nothing yet."""
    if (key := request.GET.get("rehearsal", "")).isdecimal():
        return {**_as_rehearsed(request, int(key)), "grows": True, "submission": uuid4()}
    groups, places = request.GET.getlist("group"), request.GET.getlist("community")
    if not places and row.community_id is not None:
        places = [str(row.community_id)]
    return {
        "whom": PICKED if groups else FILTER,
        "group_ids": groups,
        "communities": [int(place) for place in places if place.isdecimal()],
        "grows": True,
        "submission": uuid4(),
    }


def _as_rehearsed(request: StaffRequest, rehearsal_id: int) -> dict[str, object]:
    """The groups of a rehearsal, chosen as they were for it."""
    kept = rehearsals.kept_rehearsal(request.actor, rehearsal_id)
    chosen = rehearsals.selected(kept)
    whom = EVERYWHERE if chosen.everywhere else PICKED if chosen.group_ids else FILTER
    return {
        "whom": whom,
        "group_ids": list(chosen.group_ids),
        "communities": list(chosen.community_ids),
        "tags": list(chosen.tags),
        "search": chosen.text,
        "begins": kept.begins_at,
        **{VALUE + name: value for name, value in kept.values.items()},
    }


def _begin(request: StaffRequest, row: Playbook, form: BeginForm, selection: Selection) -> HttpResponse:
    run = actions.begin_run(
        actor=request.actor,
        playbook_id=row.pk,
        selection=selection,
        submission=form.cleaned_data["submission"],
        begins_at=form.cleaned_data["begins"],
        values=form.values(),
        grows=form.cleaned_data["grows"],
    )
    messages.success(request, _("It is under way."))
    return go(request, "console:run", run.pk)


def _confirm(
    request: StaffRequest, row: Playbook, form: BeginForm, reached: Mapping[int, int], context: Mapping[str, object]
) -> HttpResponse:
    begins = form.cleaned_data["begins"] or clock.now()
    if begins < clock.now() - timedelta(days=1):
        raise Conflict(_("This time is already past."))
    version = selectors.latest_of([row.pk])[row.pk]
    document = selectors.document_of(version)
    kind = triggers.get(document.start.on)
    shown = {
        **context,
        "count": len(reached),
        "names": _names(reached),
        "more": max(0, len(reached) - MOST_NAMED),
        "begins": form.cleaned_data["begins"],
        "with_run": kind is not None and kind.with_run,
        "coming": coming(row, document, begins),
        "kept": [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name not in {"csrfmiddlewaretoken", "step"}
        ],
        "version": version,
    }
    return render(request, "console/playbooks/begin_confirm.html", {**head(request, row, "begin"), **shown})


def _names(reached: Mapping[int, int]) -> Sequence[str]:
    return list(community.group_names(list(reached)[:MOST_NAMED]).values())


def coming(row: Playbook, document: Document, begins: datetime) -> list[Coming]:
    """What happens within three days of the beginning, on the playbook's own path."""
    zone = zone_of(row)
    return [
        Coming(each.at, title_of(each.step), summary_of(each.step), *_look(each.step.do))
        for each in planned(document, zone, begins)
        if not each.path and each.at <= begins + AHEAD
    ]


def _look(do: str) -> tuple[str, bool]:
    kind = steps.get(do)
    return (kind.icon, kind.speaks) if kind else ("puzzle-off", False)
