"""The timeline of a playbook: steps are moved, doubled, taken out and put back; each has a form of its own."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from pydantic import ValidationError

from qunce.chat import selectors as chat
from qunce.console.context import StaffRequest
from qunce.console.playbooks import drafts, words
from qunce.console.playbooks.forms import StepForm
from qunce.console.playbooks.grid import began, grid, moments, title_of
from qunce.console.playbooks.previews import phone
from qunce.content import selectors as library
from qunce.content.types import ItemFilter
from qunce.kernel.actor import Permission
from qunce.kernel.errors import Conflict, Invalid, NotFound, QunceError
from qunce.playbooks import selectors
from qunce.playbooks.policies import editing
from qunce.playbooks.policies.parts import missing_parts
from qunce.playbooks.selectors import Playbook, wording
from qunce.playbooks.step import steps
from qunce.playbooks.types import Document, StepSpec

MOST_DOCUMENT = 2_000_000
MOST_ITEMS = 500
FILE = "with_file"


@dataclass(frozen=True, slots=True)
class Replaced:
    """The draft that a change has replaced, so that whoever made it may go back."""

    edition: int
    document: Mapping[str, object]

    @classmethod
    def of(cls, playbook: Playbook) -> "Replaced":
        """As it is now."""
        return cls(playbook.edition, playbook.document)


def zone_of(playbook: Playbook) -> ZoneInfo:
    """By whose clock the timeline is drawn."""
    return ZoneInfo(playbook.community.zone if playbook.community else settings.DEFAULT_COMMUNITY_ZONE)


def context_of(request: StaffRequest, playbook: Playbook, *, opened: str = "", said: str = "") -> dict[str, object]:
    """What the editor shows: the timeline, and what the checker says."""
    document = selectors.document_of(playbook)
    found = drafts.findings(request.actor, playbook, document)
    return {
        "playbook": playbook,
        "document": document,
        "grid": grid(document, zone_of(playbook), found),
        "findings": drafts.shown(found),
        "may_change": request.actor.may(Permission.OPERATE, playbook.community_id) and not playbook.archived_at,
        "kinds": offered(document),
        "opened": opened,
        "said": said,
    }


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of step on offer."""

    key: str
    title: str
    icon: str


def offered(document: Document) -> list[Kind]:
    """Kinds of steps for this playbook; what needs a missing part is offered nowhere."""
    found = (
        Kind(key, _(kind.title), kind.icon)
        for key, kind in steps.items()
        if document.audience in kind.audiences and not missing_parts(kind.needs)
    )
    return sorted(found, key=lambda kind: kind.title)


@require_GET
def editor(request: StaffRequest, playbook_id: int) -> HttpResponse:
    """The timeline alone, when something of it has changed."""
    playbook = selectors.playbook(request.actor, playbook_id)
    return render(request, "console/playbooks/editor.html", context_of(request, playbook))


# ---------------------------------------------------------------- changes by hand
Change = Callable[[StaffRequest, Document, Playbook], tuple[Document, str, str]]
"""From a document to another one: what it became, which step to look at, and what to say."""


def _number(request: StaffRequest, name: str) -> int:
    try:
        return int(request.POST.get(name, ""))
    except ValueError as error:
        raise Invalid(_("This step cannot be put there.")) from error


def _step(request: StaffRequest, document: Document) -> StepSpec:
    found = editing.found(document, request.POST.get("step", ""))
    if found is None:
        raise Conflict(_("This step is not there any more."))
    return found


def _move(request: StaffRequest, document: Document, playbook: Playbook) -> tuple[Document, str, str]:
    """To another day (``day``) and hour (``hour``; else it keeps its own), or by so many (``days``, ``hours``)."""
    step, zone = _step(request, document), zone_of(playbook)
    begins = began(zone)
    was = moments(document, zone)[step.id]
    if "day" in request.POST:
        day, hour = _number(request, "day"), _number(request, "hour") if "hour" in request.POST else was.hour
        if not (0 <= day <= 3660 and 0 <= hour <= 23):  # noqa: PLR2004 (types.When, and of a clock)
            raise Invalid(_("This step cannot be put there."))
        to = (begins + timedelta(days=day)).replace(hour=hour, minute=was.minute, second=0)
    else:
        to = max(was + timedelta(days=_number(request, "days"), hours=_number(request, "hours")), begins)
    changed = editing.moved(document, step.id, was=was, to=to, began_at=begins)
    wanted = {**moments(document, zone), step.id: to}
    changed = editing.in_order(changed, step.id, wanted)
    moved = editing.found(changed, step.id)
    when = wording.moment(moved.when) if moved else ""
    return changed, step.id, _("“%(step)s” now comes: %(when)s.") % {"step": title_of(step), "when": when}


def _duplicate(request: StaffRequest, document: Document, _playbook: Playbook) -> tuple[Document, str, str]:
    step = _step(request, document)
    changed, copy = editing.duplicated(document, step.id)
    return changed, copy, _("“%(step)s” is there twice now.") % {"step": title_of(step)}


def _remove(request: StaffRequest, document: Document, _playbook: Playbook) -> tuple[Document, str, str]:
    step = _step(request, document)
    return editing.removed(document, step.id), "", _("“%(step)s” is taken out.") % {"step": title_of(step)}


def _add(request: StaffRequest, document: Document, _playbook: Playbook) -> tuple[Document, str, str]:
    kind = request.POST.get("do", "")
    if kind not in steps:
        raise Invalid(_("Choose what the step does."))
    name = next(editing.free_ids(document, kind.replace("_", "-")))
    of, path = request.POST.get("of", ""), request.POST.get("path", "")
    changed = editing.added(document, StepSpec(id=name, do=kind), of=of, path=path)
    return changed, name, _("A step is added: say what it does.")


def _restore(request: StaffRequest, _document: Document, _playbook: Playbook) -> tuple[Document, str, str]:
    """What stood there before: the browser was told at the change."""
    given = request.POST.get("document", "")
    try:
        return Document.model_validate_json(given[:MOST_DOCUMENT]), "", _("It is as it was before.")
    except ValidationError as error:
        raise Invalid(_("It cannot be put back.")) from error


CHANGES: Mapping[str, Change] = {
    "move": _move,
    "duplicate": _duplicate,
    "remove": _remove,
    "add": _add,
    "restore": _restore,
}


@require_POST
def edit(request: StaffRequest, playbook_id: int) -> HttpResponse:
    """One change of the timeline. It is made to what is there now; only going back wants what was seen."""
    playbook = selectors.playbook(request.actor, playbook_id, Permission.OPERATE)
    verb = request.POST.get("op", "")
    if verb not in CHANGES:
        raise NotFound
    opened = said = error = ""
    replaced = None
    try:
        if verb == "restore" and request.POST.get("edition") != str(playbook.edition):
            raise Conflict(_("Somebody else has changed this playbook in the meantime."))  # noqa: TRY301 (said below like others)
        document, opened, said = CHANGES[verb](request, selectors.document_of(playbook), playbook)
        was = Replaced.of(playbook)
        playbook = drafts.write(request.actor, playbook, document)
        replaced = was
    except (Conflict, Invalid) as objection:
        error = str(objection)
    shown = context_of(request, playbook, opened=opened, said=said)
    shown |= {"error": error, "open_now": verb == "add", "replaced": replaced, "restored": verb == "restore"}
    return render(request, "console/playbooks/editor.html", shown)


# ---------------------------------------------------------------- one step
def _posted(request: StaffRequest) -> QueryDict:
    """What the form says; a file that was attached stands in it under a name of its own, or not at all."""
    given = request.POST.copy()
    if "attaches" in given:
        given[FILE] = given.get("attachment", "")
    return given


def _attached(request: StaffRequest, form: StepForm) -> object:
    """The file of a step that sends one."""
    key = form[FILE].value() if FILE in form.fields else ""
    try:
        return chat.attachment(request.actor, str(key)) if key else None
    except QunceError:
        return None


def _others(request: StaffRequest, playbook: Playbook) -> list[tuple[str, str]]:
    """The other playbooks that a step may begin, by key."""
    rows = [row for row in selectors.visible_playbooks(request.actor) if row.pk != playbook.pk]
    return [(row.key, words.in_language(row.document.get("title") or {}) or row.key) for row in rows]


def seen(step: StepSpec) -> str:
    """Changes with the step: its form carries it, so that nobody overwrites what he has not seen."""
    return sha256(json.dumps(step.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()[:16]


def step(request: StaffRequest, playbook_id: int, step_id: str) -> HttpResponse:
    """The form of a step; posted, the step is written into the draft as it is now."""
    playbook = selectors.playbook(request.actor, playbook_id)
    document = selectors.document_of(playbook)
    found = editing.found(document, step_id)
    if found is None:
        return render(request, "console/playbooks/panel_gone.html", {"playbook": playbook})
    kind = steps.get(found.do)
    if kind is None:
        return render(request, "console/playbooks/panel_gone.html", {"playbook": playbook, "unknown": found.do})
    posted = request.method == "POST"
    around = _offered(request, playbook, found)
    form = StepForm(document, found, kind.Config, _posted(request) if posted else None, around)
    replaced = None
    if posted:
        request.actor.require(Permission.OPERATE, playbook.community_id)
        if request.POST.get("seen") != seen(found):
            form.add_error(None, _("Somebody else has changed this step in the meantime. Save again to have yours."))
        elif form.is_valid():
            changed = editing.replaced(document, step_id, form.spec())
            replaced = Replaced.of(playbook)
            playbook = drafts.write(request.actor, playbook, changed)
            found, document = form.spec(), changed
            form = StepForm(document, found, kind.Config, offered=around)
    context = {
        "playbook": playbook,
        "step": found,
        "form": form,
        "kind": words.step_kind(found.do),
        "paths": [(name, words.path_name(name), len(found.paths.get(name, ()))) for name in kind.paths],
        "kinds": offered(document),
        "seen": seen(found),
        "saved": replaced is not None,
        "replaced": replaced,
        "findings": [
            each for each in drafts.shown(drafts.findings(request.actor, playbook, document)) if each.step == found.id
        ],
        "may_change": request.actor.may(Permission.OPERATE, playbook.community_id) and not playbook.archived_at,
        "file_field": FILE,
        "attached": _attached(request, form),
        "variables": drafts.variables_offered(document, found),
        **phone(request, playbook, document, found),
    }
    answer = render(request, "console/playbooks/panel.html", context)
    if replaced is not None:
        answer["HX-Trigger"] = "edited"
    return answer


def _offered(request: StaffRequest, playbook: Playbook, found: StepSpec) -> dict[str, list[tuple[str, str]]]:
    """What a step may choose from beyond the document: other playbooks, items of the library."""
    if found.do == "start_playbook":
        return {"playbooks": list(_others(request, playbook))}
    return {"items": _items(request, playbook)} if found.do == "post" else {}


def _items(request: StaffRequest, playbook: Playbook) -> list[tuple[str, str]]:
    """Items of the library that members of the playbook's community have, by key."""
    found = library.find_items(request.actor, ItemFilter())[:MOST_ITEMS]
    homes = {None, playbook.community_id}
    return [(row.key, row.title) for row in found if row.community_id in homes and not library.why_not_ready(row)]


@require_POST
def preview(request: StaffRequest, playbook_id: int, step_id: str) -> HttpResponse:
    """The step as a group would see it, as it stands in the form."""
    playbook = selectors.playbook(request.actor, playbook_id)
    document = selectors.document_of(playbook)
    found = editing.found(document, step_id)
    if found is None or found.do not in steps:
        raise NotFound
    form = StepForm(document, found, steps[found.do].Config, _posted(request), _offered(request, playbook, found))
    if form.is_valid():
        found = form.spec()
    context = phone(request, playbook, document, found)
    return render(request, "console/playbooks/phone.html", {"playbook": playbook, "step": found, **context})
