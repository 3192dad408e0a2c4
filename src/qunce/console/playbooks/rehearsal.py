"""Rehearsing: which groups and how long; then every message, the load, and what would not happen."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from qunce.community import selectors as community
from qunce.console.chat import words as chat_words
from qunce.console.context import StaffRequest
from qunce.console.forms import errors_in
from qunce.console.playbooks import words
from qunce.console.playbooks.begin import BeginForm, initial_of
from qunce.console.playbooks.grid import name_of
from qunce.console.playbooks.one import head
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotAllowed
from qunce.kernel.htmx import go, page
from qunce.playbooks import selectors
from qunce.playbooks.actions.rehearsals import MOST_DAYS, ask_rehearsal
from qunce.playbooks.actions.rehearsing import MOST_GROUPS, MOST_MEMBERS
from qunce.playbooks.selectors import rehearsals
from qunce.playbooks.types import Document
from qunce.playbooks.types.rehearsal import Rehearsal, Said, Simulated

LISTED, LOUDEST, PREVIEWED = 30, 12, 3


SIMULATED = "simulated"


class RehearsalForm(BeginForm):
    """As for a run, or on groups that do not exist; and how many days of it."""

    days = forms.IntegerField(label=gettext_lazy("How many days"), min_value=1, max_value=MOST_DAYS, initial=14)
    groups = forms.IntegerField(
        label=gettext_lazy("How many groups"), min_value=1, max_value=MOST_GROUPS, initial=100, required=False
    )
    members = forms.IntegerField(
        label=gettext_lazy("Members in each, about"), min_value=1, max_value=MOST_MEMBERS, initial=80, required=False
    )

    def __init__(self, actor: Actor, document: Document, data: Any = None, initial: Any = None) -> None:
        super().__init__(actor, document, data, initial)
        whom: Any = self.fields["whom"]
        self.offer("whom", [*whom.choices, (SIMULATED, gettext_lazy("Simulated groups, which do not exist"))])

    def simulated(self) -> Simulated | None:
        """The groups that do not exist, where those were chosen."""
        if self.cleaned_data["whom"] != SIMULATED:
            return None
        given = {name: self.cleaned_data[name] or self.fields[name].initial for name in ("groups", "members")}
        return Simulated(**given)


def rehearse(request: StaffRequest, playbook_id: int) -> HttpResponse:
    """Choose groups and days; a worker does it."""
    row = selectors.playbook(request.actor, playbook_id)
    if not request.actor.may_anywhere(Permission.OPERATE):
        raise NotAllowed(permission=Permission.OPERATE)
    document = selectors.document_of(row)
    initial: dict[str, Any] = {**initial_of(request, row), "days": _days_of(document), "groups": 100, "members": 80}
    if not community.visible_groups(request.actor, Permission.OPERATE).exists():
        initial["whom"] = SIMULATED
    form = RehearsalForm(request.actor, document, request.POST or None, initial)
    if request.method == "POST" and form.is_valid():
        with errors_in(form):
            made = ask_rehearsal(
                actor=request.actor,
                playbook_id=row.pk,
                selection=form.selection(),
                simulated=form.simulated(),
                days=form.cleaned_data["days"],
                begins_at=form.cleaned_data["begins"],
                values=form.values(),
            )
            return go(request, "console:rehearsal", made.pk)
    context = {
        "form": form,
        "picked": form.picked(),
        "earlier": rehearsals.rehearsals_of(request.actor, row.pk),
        **head(request, row, "rehearse"),
    }
    return render(request, "console/playbooks/rehearse.html", context)


def _days_of(document: Document) -> int:
    """As long as its steps name days, and a little more."""
    days = [step.when.day for step in document.walk() if step.when.day is not None]
    return min(max([*days, 6]) + 1, MOST_DAYS)


# ---------------------------------------------------------------- what it has shown
@dataclass(frozen=True, slots=True)
class Scene:
    """One step on one day: to how many groups, and what the first of them see."""

    step: str
    icon: str
    at: str
    groups: int
    waited: int
    previews: Sequence[Said]


@dataclass(frozen=True, slots=True)
class Act:
    """A day of the rehearsal."""

    day: date
    number: int
    messages: int
    scenes: Sequence[Scene]


@require_GET
def rehearsal(request: StaffRequest, rehearsal_id: int) -> HttpResponse:
    """How far it is, or all that it has shown."""
    row = rehearsals.kept_rehearsal(request.actor, rehearsal_id)
    shown = rehearsals.shown(row)
    document = Document.model_validate(row.document)
    titles = {step.id: (name_of(step), words.step_kind(step.do)[1]) for step in document.walk()}
    context: dict[str, object] = {
        "rehearsal": row,
        "shown": shown,
        "reason": chat_words.told(row.error),
        "lasts": clock.now() - row.created_at,
        **head(request, row.playbook, "rehearse"),
    }
    if shown is not None:
        context |= {
            "acts": _acts(shown, titles),
            "groups": sorted(shown.by_group, key=lambda each: -each.busiest)[:LOUDEST],
            "more_groups": max(0, len(shown.by_group) - LOUDEST),
            "left_out": [
                (titles.get(each.step, (each.step, ""))[0], chat_words.told(each.reason), each.count)
                for each in shown.left_out
            ],
            "clashes": [(titles.get(each.step, (each.step, ""))[0], each) for each in shown.clashes[:LISTED]],
            "notes": [chat_words.told(each) for each in shown.notes],
        }
    return page(request, "console/playbooks/rehearsal.html", context, piece="console/playbooks/rehearsal_now.html")


def _acts(shown: Rehearsal, titles: dict[str, tuple[str, str]]) -> list[Act]:
    first = timezone.localtime(shown.began_at).date()
    by_day: dict[date, dict[str, list[Said]]] = defaultdict(lambda: defaultdict(list))
    for said in shown.messages:
        by_day[timezone.localtime(said.at).date()][said.step].append(said)
    return [
        Act(
            day,
            (day - first).days,
            sum(map(len, by_step.values())),
            [_scene(step, heard, titles) for step, heard in by_step.items()],
        )
        for day, by_step in sorted(by_day.items())
    ]


def _scene(step: str, heard: Sequence[Said], titles: dict[str, tuple[str, str]]) -> Scene:
    name, icon = titles.get(step, (step, "message"))
    ordered = sorted(heard, key=lambda said: said.at)
    return Scene(
        name,
        icon,
        timezone.localtime(ordered[0].at).strftime("%H:%M"),
        len({said.group_id for said in heard}),
        sum(said.waited > 0 for said in heard),
        ordered[:PREVIEWED],
    )
