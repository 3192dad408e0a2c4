"""One playbook: what it is for, its timeline, its text, its versions; publishing and comparing them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from qunce.console.context import StaffRequest
from qunce.console.forms import errors_in
from qunce.console.playbooks import drafts, editor, words
from qunce.console.playbooks.forms import AboutForm
from qunce.console.playbooks.lists import problem_said
from qunce.console.playbooks.parts import part_name
from qunce.console.playbooks.runs import in_words
from qunce.console.playbooks.starts import StartForm, start_said
from qunce.kernel.actor import Permission
from qunce.kernel.errors import Conflict, Invalid, NotFound
from qunce.kernel.htmx import go
from qunce.playbooks import actions, selectors
from qunce.playbooks.policies.comparing import compared
from qunce.playbooks.policies.parts import missing_parts
from qunce.playbooks.policies.yaml import lines
from qunce.playbooks.selectors import Playbook
from qunce.playbooks.types import Document, Severity


def head(request: StaffRequest, playbook: Playbook, here: str) -> dict[str, object]:
    """What all pages of a playbook show above."""
    document = selectors.document_of(playbook)
    published = selectors.latest_of([playbook.pk]).get(playbook.pk)
    return {
        "playbook": playbook,
        "title": words.in_language(document.title) or playbook.key,
        "document": document,
        "here": here,
        "version": published,
        "is_changed": published is not None and published.document != playbook.document,
        "lacks": [part_name(part) for part in missing_parts(document.needs)],
        "may_change": request.actor.may(Permission.OPERATE, playbook.community_id) and not playbook.archived_at,
        "may_run": request.actor.may_anywhere(Permission.OPERATE) and not playbook.archived_at,
    }


def playbook(request: StaffRequest, playbook_id: int) -> HttpResponse:
    """The overview with the timeline."""
    row = selectors.playbook(request.actor, playbook_id)
    document = selectors.document_of(row)
    runs = selectors.visible_runs(request.actor).filter(playbook=row)[:8]
    context = {
        **editor.context_of(request, row, opened=request.GET.get("step", "")),
        **head(request, row, "timeline"),
        "about": _about(document),
        "start": start_said(document),
        "runs": in_words(runs),
    }
    return render(request, "console/playbooks/one.html", context)


def _about(document: Document) -> list[tuple[str, str]]:
    """Goal, evidence and path, as far as they are written."""
    return [
        (str(label), said)
        for name, label, _hint, _rows in AboutForm.WORDS
        if name != "title" and (said := words.in_language(getattr(document, name)))
    ]


# ---------------------------------------------------------------- what it is for, how it begins
def about(request: StaffRequest, playbook_id: int) -> HttpResponse:
    """Title, goal, evidence, path, plan, lateness."""
    row = selectors.playbook(request.actor, playbook_id, Permission.OPERATE)
    form = AboutForm(selectors.document_of(row), request.POST or None)
    if request.method == "POST" and form.is_valid():
        with errors_in(form):
            _require_seen(request, row)
            drafts.write(request.actor, row, form.changed_document())
            messages.success(request, _("Saved in the draft."))
            return go(request, "console:playbook", row.pk)
    return render(request, "console/playbooks/about.html", {"form": form, **head(request, row, "about")})


def start(request: StaffRequest, playbook_id: int) -> HttpResponse:
    """When targets begin; which kind is chosen first, its fields follow."""
    row = selectors.playbook(request.actor, playbook_id, Permission.OPERATE)
    document = selectors.document_of(row)
    chosen = request.POST.get("on") or request.GET.get("on") or document.start.on
    form = StartForm(document, chosen, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with errors_in(form):
            _require_seen(request, row)
            drafts.write(request.actor, row, document.model_copy(update={"start": form.spec()}))
            messages.success(request, _("Saved in the draft."))
            return go(request, "console:playbook", row.pk)
    return render(request, "console/playbooks/start.html", {"form": form, **head(request, row, "about")})


def _require_seen(request: StaffRequest, row: Playbook) -> None:
    if request.POST.get("edition") != str(row.edition):
        raise Conflict(
            _("Somebody else has changed this playbook in the meantime."),
            fix=_("What you wrote is still here: save again to have yours."),
        )


# ---------------------------------------------------------------- as a text
def text(request: StaffRequest, playbook_id: int) -> HttpResponse:
    """The draft as YAML. What cannot be read, or was changed by somebody else meanwhile, loses nothing."""
    row = selectors.playbook(request.actor, playbook_id)
    written = drafts.text_of(row)
    context: dict[str, object] = {"text": written, "edition": row.edition}
    if request.method == "POST":
        given = request.POST.get("text", "").replace("\r\n", "\n")
        document, problems = drafts.read_text(given)
        context = {"text": given, "edition": row.edition, "problems": [problem_said(each) for each in problems]}
        if document is not None:
            try:
                seen = request.POST.get("edition", "")
                actions.change_draft(
                    actor=request.actor,
                    playbook_id=row.pk,
                    edition=int(seen) if seen.isdecimal() else 0,
                    document=document,
                    text=given,
                )
            except Conflict as error:
                row.refresh_from_db()
                context |= {"conflict": error, "theirs": drafts.text_of(row), "edition": row.edition}
            except Invalid as error:
                context["problems"] = [(1, error.message, error.fix)]
            else:
                messages.success(request, _("Saved in the draft."))
                return go(request, "console:playbook_text", row.pk)
    context |= _checked(request, row, str(context["text"]))
    return render(request, "console/playbooks/text.html", {**context, **head(request, row, "text")})


def _checked(request: StaffRequest, row: Playbook, written: str) -> dict[str, object]:
    """What the checker says of a text, with the line of each finding."""
    document, problems = drafts.read_text(written)
    found = drafts.findings(request.actor, row, document) if document else []
    at = lines(written) if document else {}
    return {
        "problems": [problem_said(each) for each in problems],
        "found": [(each, at.get(each.step, 0)) for each in drafts.shown(found)],
    }


@require_POST
def text_check(request: StaffRequest, playbook_id: int) -> HttpResponse:
    """What is wrong with a text that is being written."""
    row = selectors.playbook(request.actor, playbook_id)
    context = _checked(request, row, request.POST.get("text", "").replace("\r\n", "\n"))
    return render(request, "console/playbooks/text_checks.html", {"playbook": row, **context})


@require_GET
def export(request: StaffRequest, playbook_id: int) -> HttpResponse:
    """The draft as a file."""
    row = selectors.playbook(request.actor, playbook_id)
    answer = HttpResponse(drafts.text_of(row), content_type="text/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{row.key}.yaml"'
    return answer


# ---------------------------------------------------------------- publishing and versions
def _require_accepted(errors: Sequence[drafts.Shown], warnings: Sequence[drafts.Shown]) -> None:
    if errors:
        raise Invalid(_("There are errors: put them right first."))
    if warnings:
        raise Invalid(_("Accept each warning, or put it right."))


def publish(request: StaffRequest, playbook_id: int) -> HttpResponse:
    """First what speaks against it and what is different; then a version that never changes."""
    row = selectors.playbook(request.actor, playbook_id, Permission.OPERATE)
    document = selectors.document_of(row)
    found = drafts.shown(drafts.findings(request.actor, row, document))
    warnings = [each for each in found if each.severity is Severity.WARNING]
    accepted = request.POST.getlist("accepted")
    open_warnings = [each for each in warnings if each.key not in accepted]
    errors = [each for each in found if each.severity is Severity.ERROR]
    objection: object = None
    if request.method == "POST":
        try:
            _require_accepted(errors, open_warnings)
            edition = request.POST.get("edition", "")
            actions.publish(
                actor=request.actor,
                playbook_id=row.pk,
                edition=int(edition) if edition.isdecimal() else 0,
                accepted=[each.key for each in warnings],
            )
        except (Conflict, Invalid) as error:
            objection = error
        else:
            messages.success(request, _("It is published. Runs that begin from now on take it."))
            return go(request, "console:playbook", row.pk)
    before = selectors.latest_of([row.pk]).get(row.pk)
    context = {
        "errors": errors,
        "warnings": warnings,
        "hints": [each for each in found if each.severity is Severity.HINT],
        "accepted": accepted,
        "objection": objection,
        "changes": differences(selectors.document_of(before), document) if before else [],
        "before": before,
    }
    return render(request, "console/playbooks/publish.html", {**context, **head(request, row, "versions")})


@require_GET
def versions(request: StaffRequest, playbook_id: int) -> HttpResponse:
    """What was published, and what differs between two of them (``from``, ``to``; none: the draft)."""
    row = selectors.playbook(request.actor, playbook_id)
    rows = selectors.versions(request.actor, row.pk)
    given_to, given_from = request.GET.get("to", ""), request.GET.get("from", "")
    latest = str(rows[0].number) if rows else ""
    compared_from = given_from or latest
    context = {
        "rows": rows,
        "from": compared_from,
        "to": given_to,
        "changes": differences(_numbered(row, rows, compared_from), _numbered(row, rows, given_to)) if rows else [],
    }
    return render(request, "console/playbooks/versions.html", {**context, **head(request, row, "versions")})


def _numbered(row: Playbook, rows: list[selectors.Version], number: str) -> Document:
    if not number:
        return selectors.document_of(row)
    found = next((each for each in rows if str(each.number) == number), None)
    if found is None:
        raise NotFound
    return selectors.document_of(found)


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference in the reader's words."""

    kind: str
    icon: str
    sentence: str
    step: str
    before: str
    after: str


ICONS = {"added": "plus", "removed": "minus", "moved": "arrows-move-vertical", "changed": "pencil"}


def differences(before: Document, after: Document) -> list[Difference]:
    """What differs between two documents, as lines."""
    return [
        Difference(each.kind, ICONS[each.kind], _(each.sentence) % each.params, each.step, each.before, each.after)
        for each in compared(before, after)
    ]


# ---------------------------------------------------------------- putting away
@require_POST
def duplicate(request: StaffRequest, playbook_id: int) -> HttpResponse:
    """The same once more, as a draft."""
    row = selectors.playbook(request.actor, playbook_id)
    made = actions.duplicate_playbook(actor=request.actor, playbook_id=row.pk, community_id=row.community_id)
    messages.success(request, _("This is the copy."))
    return go(request, "console:playbook", made.pk)


@require_POST
def archive(request: StaffRequest, playbook_id: int) -> HttpResponse:
    """Put it away; or take it out again (``restore``)."""
    restore = request.POST.get("restore") == "yes"
    try:
        (actions.restore_playbook if restore else actions.archive_playbook)(
            actor=request.actor, playbook_id=playbook_id
        )
    except Conflict as error:
        messages.error(request, str(error))
        return go(request, "console:playbook", playbook_id)
    messages.success(request, _("It is among your playbooks again.") if restore else _("It is put away."))
    return go(request, "console:playbook" if restore else "console:playbooks", *([playbook_id] if restore else []))


@require_POST
def note(request: StaffRequest, playbook_id: int) -> HttpResponse:
    """What the team has learned with it."""
    actions.note_on_playbook(actor=request.actor, playbook_id=playbook_id, note=request.POST.get("note", ""))
    messages.success(request, _("Noted."))
    return go(request, "console:playbook", playbook_id)
