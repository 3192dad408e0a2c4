"""Writing a broadcast: the text, to whom, when, what each will see; a trial, and only then sending it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qunce.chat import actions, policies, selectors
from qunce.chat.connector import connectors
from qunce.chat.selectors import Target, attention
from qunce.chat.types import Content, Media, Recall, Selection, Waves
from qunce.community import selectors as community
from qunce.community.types import GroupFilter
from qunce.console.chat import words
from qunce.console.chat.composer import AT_ONCE, NOW, Composer, too_much
from qunce.console.chat.whom import FILTER, PICKED
from qunce.console.context import StaffRequest
from qunce.console.filters import number
from qunce.console.forms import errors_in
from qunce.content import selectors as library
from qunce.content.types import Ready
from qunce.kernel import clock, files
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid, NotAllowed, QunceError
from qunce.kernel.htmx import go

OFFERED = 30
NAMED = 20
LARGEST_FILE = 20 * 1024 * 1024
LONGEST_FILE_NAME = 120
MEANINGS = {
    "group": gettext_lazy("the group's name"),
    "members": gettext_lazy("how many members it has"),
    "community": gettext_lazy("the community's name"),
    "days": gettext_lazy("how many days ago it was adopted"),
    "staff": gettext_lazy("your name"),
    "date": gettext_lazy("the date there"),
    "weekday": gettext_lazy("the weekday there"),
}
Told = tuple[str, int, Sequence[str]]
"""A sentence, about how many groups, and the first of their names."""


# ---------------------------------------------------------------- what sending would do
@dataclass(frozen=True, slots=True)
class Plan:
    """What sending would do: to whom, when, and what is different from what was written."""

    sendable: Sequence[Target]
    skipped: Sequence[Told]
    instead: Sequence[Told]
    waiting: Sequence[tuple[str, int, datetime]]
    lasts: str
    not_recallable: Sequence[str]
    begins: datetime | None
    waves: int
    size: int
    consent: int | None


def _plan(actor: Actor, found: Sequence[Target], waves: Waves | None, begins: datetime | None) -> Plan:
    sendable = [target for target in found if not target.obstacle]
    seconds = selectors.seconds_at_pace(Counter(target.account_id for target in sendable if target.account_id))
    fixed = sorted({t.platform for t in sendable if not connectors[t.platform].capabilities.can(Recall)})
    numbers = policies.in_waves(waves, [target.group_id for target in sendable])
    waits = attention.waits([target.group_id for target in sendable], begins or clock.now())
    waiting = Counter((words.told(wait.reason), wait.until) for wait in waits.values())
    return Plan(
        sendable,
        _told((target.obstacle, target.group) for target in found if target.obstacle),
        _told((remark, target.group) for target in sendable for remark in target.remarks),
        [(reason, count, until) for (reason, until), count in waiting.most_common()],
        words.lasting(seconds or 0),
        [_(connectors[key].title) for key in fixed],
        begins,
        max(numbers, default=0) + 1,
        numbers.count(0),
        attention.consent_above(actor, {target.community_id for target in sendable}, len(sendable)),
    )


def _told(pairs: Iterator[tuple[str, str]]) -> list[Told]:
    by_sentence: dict[str, list[str]] = {}
    for sentence, group in pairs:
        by_sentence.setdefault(sentence, []).append(group)
    return [(words.told(sentence), len(names), names[:NAMED]) for sentence, names in by_sentence.items()]


def _begins(form: Composer) -> datetime | None:
    """The moment at which it would go out; None: now. Raises Invalid where that is over."""
    rhythm = form.rhythm()
    if rhythm is None:
        return None
    begins = policies.next_occurrence(rhythm, clock.now())
    if begins is None:
        raise Invalid(_("This time is already past."), field="starts")
    return begins


@contextmanager
def _then(begins: datetime | None) -> Iterator[None]:
    """Dates in the text are those of the day on which it goes out."""
    if begins is None:
        yield
        return
    with clock.at(begins):
        yield


def _targets(form: Composer, text: str, *, most: int | None = None) -> list[Target]:
    with _then(_begins(form)):
        return selectors.targets(form.actor, form.selection(), text, manner=form.manner(), most=most)


# ---------------------------------------------------------------- writing
def _may_compose(request: StaffRequest) -> None:
    if not request.actor.may_anywhere(Permission.OPERATE):
        raise NotAllowed(permission=Permission.OPERATE)


def _blank(request: StaffRequest) -> dict[str, object]:
    """An address may name what to begin with: ``?group=…`` (several), ``?community=…``, or ``?item=…`` to pass on."""
    groups, places = request.GET.getlist("group"), request.GET.getlist("community")
    ready = _passed_on(request)
    begun: dict[str, object] = {}
    if ready is not None:
        words_only = [part for part in library.composed(ready).parts if not isinstance(part, Media)]
        said = Content(tuple(words_only)).plain.strip()
        begun = {"item": ready.item_id, "text": said.replace("{", "{{").replace("}", "}}")}
        if ready.community_id is not None and not places:
            places = [str(ready.community_id)]
    whom = PICKED if groups else FILTER
    return {
        "whom": whom,
        "group_ids": groups,
        "communities": places,
        "submission": uuid4(),
        "when": NOW,
        "pace": AT_ONCE,
        "counted": True,
        "first": 3,
        "pause": 30,
        "failed": 3,
        "left": 10,
        "complaints": 3,
        "weekdays": list(range(7)),
        **begun,
    }


def _passed_on(request: StaffRequest) -> Ready | None:
    """The item of the library that the address names, if it is there for members."""
    key = number(request.GET.get("item", ""))
    if key is None:
        return None
    return library.ready([library.item(request.actor, key).pk]).get(key)


def compose(request: StaffRequest) -> HttpResponse:
    """Write; then ``step`` by step: preview, back to edit, try it in one group, send."""
    _may_compose(request)
    if request.method != "POST":
        return _editor(request, Composer(request.actor, initial=_blank(request)))
    form = Composer(request.actor, request.POST)
    step = request.POST.get("step")
    if step != "edit" and form.is_valid():
        with errors_in(form):
            if step == "send":
                return _send(request, form)
            if step == "try":
                _try(request, form)
            return _preview(request, form)
    return _editor(request, form)


def _editor(request: StaffRequest, form: Composer) -> HttpResponse:
    chinese = (get_language() or "").startswith("zh")
    variables = [(alias if chinese else name, MEANINGS[name]) for name, alias in selectors.VARIABLES.items()]
    context = {
        "form": form,
        "anybody": selectors.selectable(request.actor, Selection(everywhere=True)).exists(),
        "picked": form.picked(),
        "variables": variables,
        "may_count": selectors.counts_clicks(),
        "attached": _attached(request) if request.method == "POST" else _brought(request),
    }
    return render(request, "console/chat/compose.html", context)


def _brought(request: StaffRequest) -> list[Media]:
    """The files of the item that it begins with."""
    ready = _passed_on(request)
    return [part for part in library.composed(ready).parts if isinstance(part, Media)] if ready else []


def _attached(request: StaffRequest) -> list[Media]:
    """The files that the form carries, as far as they are still here."""
    found: list[Media] = []
    for key in dict.fromkeys(request.POST.getlist("attachment")):
        with suppress(QunceError):
            found.append(selectors.attachment(request.actor, key))
    return found


@require_POST
def attach(request: StaffRequest) -> HttpResponse:
    """Files were chosen: they are stored, and the form carries their names from now on."""
    _may_compose(request)
    attached, objections = _attached(request), []
    for given in request.FILES.getlist("file"):
        if (given.size or 0) > LARGEST_FILE:
            said = _("%(name)s is larger than %(count)d MB.")
            objections.append(said % {"name": given.name, "count": LARGEST_FILE // 1024 // 1024})
            continue
        body, kind = given.read(), given.content_type or ""
        if kind in files.PICTURES and not files.is_picture(body, kind):
            kind = "application/octet-stream"
        stored = files.put(body, name=(given.name or "")[-LONGEST_FILE_NAME:], content_type=kind)
        added = selectors.attachment(request.actor, stored.sha256)
        if added in attached:
            continue
        if said := too_much([*attached, added]):
            objections.append(said)
            break
        attached.append(added)
    return render(request, "console/chat/compose_attached.html", {"attached": attached, "objections": objections})


# ---------------------------------------------------------------- looking at it
def _preview(request: StaffRequest, form: Composer) -> HttpResponse:
    selection = form.selection()
    if selection.is_empty:
        raise Invalid(_("Choose at least one group."), field="whom")
    begins = _begins(form)
    manner = form.manner()
    plan = _plan(request.actor, _targets(form, form.cleaned_data["text"]), manner.waves, begins)
    context = {
        "form": form,
        "plan": plan,
        "manner": manner,
        "rhythm": form.rhythm(),
        "said": words.rhythm(form.rhythm()),
        "counted": manner.counted and selectors.counts_clicks(),
        "kept": _kept(request),
        "trials": selectors.trial_groups(request.actor),
        **_phone(plan.sendable, 1),
    }
    return render(request, "console/chat/preview.html", context)


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    """Everything that was entered, for hidden fields."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in {"csrfmiddlewaretoken", "step", "n", "look", "trial"}
    ]


def _phone(sendable: Sequence[Target], n: int) -> dict[str, object]:
    """The ``n``-th target's phone, and its neighbours."""
    n = max(1, min(n, len(sendable)))
    return {"target": sendable[n - 1] if sendable else None, "n": n, "total": len(sendable)}


@require_POST
def step_through(request: StaffRequest) -> HttpResponse:
    """The phone of another target, within the preview: the next one, or the first that is called like ``look``."""
    _may_compose(request)
    form = Composer(request.actor, request.POST)
    form.is_valid()
    found = _targets(form, form.cleaned_data.get("text", ""))
    sendable = [target for target in found if not target.obstacle]
    n, look = request.POST.get("n", "1"), request.POST.get("look", "").strip().casefold()
    if look:
        named = (place for place, target in enumerate(sendable, 1) if look in target.group.casefold())
        n = str(next(named, 1))
    return render(request, "console/chat/preview_phone.html", _phone(sendable, int(n) if n.isdecimal() else 1))


@require_POST
def beside(request: StaffRequest) -> HttpResponse:
    """What is seen beside the text while writing: how many it reaches, what the first one would see."""
    _may_compose(request)
    form = Composer(request.actor, request.POST)
    form.is_valid()
    selection, text = form.selection(), request.POST.get("text", "")
    found = selectors.selectable(request.actor, selection)
    platforms = set(found.order_by().values_list("platform", flat=True).distinct()) & set(connectors)
    context: dict[str, object] = {
        "count": found.count(),
        "limits": sorted((connectors[key].capabilities.longest_text, _(connectors[key].title)) for key in platforms),
        "length": len(text.strip()),
    }
    if text.strip():
        try:
            first = selectors.targets(request.actor, selection, text, manner=form.manner(), most=1)
            context["first"] = next(iter(first), None)
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


# ---------------------------------------------------------------- trying and sending it
def _try(request: StaffRequest, form: Composer) -> None:
    """To one group alone, now; neither quiet hours nor the daily cap bind a trial."""
    chosen = request.POST.get("trial", "")
    trials = dict(selectors.trial_groups(request.actor))
    if not chosen.isdecimal() or int(chosen) not in trials:
        raise Invalid(_("Choose a group to try it in."), field="whom")
    actions.send_broadcast(
        actor=request.actor,
        title=form.cleaned_data["title"],
        text=form.cleaned_data["text"],
        selection=Selection(group_ids=(int(chosen),)),
        submission=uuid4(),
        manner=replace(form.manner(), waves=None, test=True),
    )
    messages.success(request, _("It is on its way to “%(group)s”, as a trial.") % {"group": trials[int(chosen)]})


def _send(request: StaffRequest, form: Composer) -> HttpResponse:
    chosen, rhythm = form.cleaned_data, form.rhythm()
    common: Mapping[str, object] = {
        "actor": request.actor,
        "title": chosen["title"],
        "text": chosen["text"],
        "selection": form.selection(),
        "submission": chosen["submission"],
        "manner": form.manner(),
    }
    if rhythm is not None:
        begins = _begins(form)
        schedule = actions.plan_broadcast(**common, rhythm=rhythm, lasts=form.lasts(begins))  # type: ignore[arg-type]
        return go(request, "console:schedule", schedule.pk)
    broadcast = actions.send_broadcast(**common, not_after=chosen["not_after"])  # type: ignore[arg-type]
    return go(request, "console:broadcast", broadcast.pk)


urlpatterns = [
    path("broadcasts/new/", compose, name="broadcast_new"),
    path("broadcasts/new/attach/", attach, name="broadcast_attach"),
    path("broadcasts/new/beside/", beside, name="broadcast_beside"),
    path("broadcasts/new/offer/", offer, name="broadcast_offer"),
    path("broadcasts/new/phone/", step_through, name="broadcast_phone"),
]
