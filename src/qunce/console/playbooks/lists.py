"""What runs by itself: the runs that are alive, the playbooks of the team, and the library to begin from."""

from collections.abc import Mapping
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from qunce.community import selectors as community
from qunce.console.context import StaffRequest
from qunce.console.forms import errors_in
from qunce.console.playbooks import drafts, words
from qunce.console.playbooks.parts import part_name
from qunce.console.playbooks.runs import ALIVE, in_words
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid, NotAllowed
from qunce.kernel.htmx import go, page
from qunce.playbooks import actions, selectors
from qunce.playbooks.policies.parts import missing_parts
from qunce.playbooks.selectors import Playbook, Version
from qunce.playbooks.types import Audience, Document, TriggerSpec

LARGEST_TEXT = 200_000


@dataclass(frozen=True, slots=True)
class Card:
    """A playbook of the team on its card."""

    row: Playbook
    title: str
    summary: str
    audience: str | Promise
    steps: int
    version: Version | None
    changed: bool
    lacks: list[str]
    alive: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """A playbook of the library on its card."""

    key: str
    title: str
    summary: str
    audience: str | Promise
    steps: int
    lacks: list[str]
    taken: int | None


def playbooks(request: StaffRequest) -> HttpResponse:
    """All of it: what runs (what needs somebody first), what the team has, what it may begin from."""
    text = request.GET.get("q", "").strip()
    archived = request.GET.get("show") == "archived"
    rows = list(selectors.visible_playbooks(request.actor, archived=archived))
    running = [] if archived else in_words(selectors.visible_runs(request.actor).filter(state__in=ALIVE)[:50])
    running.sort(key=lambda each: not each.failed)
    alive: dict[int, int] = {}
    for each in running:
        alive[each.run.playbook_id] = alive.get(each.run.playbook_id, 0) + 1
    versions = selectors.latest_of([row.pk for row in rows])
    cards = [_card(row, versions.get(row.pk), alive.get(row.pk, 0)) for row in rows]
    shelf = [] if archived else _shelf(rows)
    count = len(running)
    heading = ngettext("%(n)d playbook runs by itself now", "%(n)d playbooks run by themselves now", count)
    context = {
        "heading": heading % {"n": count} if count else _("Playbooks"),
        "running": running,
        "cards": [card for card in cards if _fits(text, card.title, card.summary, card.row.key)],
        "shelf": [each for each in shelf if _fits(text, each.title, each.summary, each.key)],
        "text": text,
        "archived": archived,
        "any": bool(rows),
        "may_write": request.actor.may_anywhere(Permission.OPERATE),
    }
    return page(request, "console/playbooks/list.html", context, piece="console/playbooks/list_now.html")


def _fits(text: str, *said: str) -> bool:
    return not text or any(text.casefold() in each.casefold() for each in said)


def _card(row: Playbook, version: Version | None, alive: int) -> Card:
    document = selectors.document_of(row)
    return Card(
        row,
        words.in_language(document.title) or row.key,
        words.in_language(document.summary) or words.in_language(document.goal),
        words.AUDIENCES[document.audience],
        sum(1 for _step in document.walk()),
        version,
        version is not None and version.document != row.document,
        [part_name(part) for part in missing_parts(document.needs)],
        alive,
    )


def _shelf(rows: list[Playbook]) -> list[Shelf]:
    taken = {row.library: row.pk for row in rows if row.library}
    return [
        Shelf(
            entry.key,
            words.in_language(entry.document.title),
            words.in_language(entry.document.summary) or words.in_language(entry.document.goal),
            words.AUDIENCES[entry.document.audience],
            sum(1 for _step in entry.document.walk()),
            [part_name(part) for part in missing_parts(entry.document.needs)],
            taken.get(entry.key),
        )
        for entry in selectors.library()
    ]


# ---------------------------------------------------------------- beginning one
class NewForm(forms.Form):
    """A playbook from nothing, or from a text."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=80, required=False)
    key = forms.RegexField(
        label=gettext_lazy("Key"),
        regex=r"^[a-z0-9][a-z0-9-]{1,59}$",
        required=False,
        help_text=gettext_lazy("Small letters, digits and hyphens: by which files and commands name it."),
        error_messages={"invalid": gettext_lazy("Small letters, digits and hyphens, at least two.")},
    )
    community = forms.ChoiceField(label=gettext_lazy("Belongs to"), required=False)
    audience = forms.ChoiceField(
        label=gettext_lazy("Whom it follows"),
        choices=[
            (Audience.GROUP, gettext_lazy("Groups: one track per group")),
            (Audience.MEMBER, gettext_lazy("Members: one track per member")),
        ],
        required=False,
    )
    file = forms.FileField(
        label=gettext_lazy("Or from a file"),
        help_text=gettext_lazy("A playbook as YAML, such as one exported elsewhere."),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".yaml,.yml,text/yaml"}),
    )

    def __init__(self, actor: Actor, data: object = None, files: object = None) -> None:
        super().__init__(data, files)  # type: ignore[arg-type]
        self.fields["community"].choices = places(actor)  # type: ignore[attr-defined]

    def community_id(self) -> int | None:
        """Whose it becomes; None: everybody's."""
        chosen = self.cleaned_data.get("community", "")
        return int(chosen) if chosen else None


def places(actor: Actor) -> list[tuple[str, str]]:
    """Communities for which one may write playbooks, and all of them together."""
    found = community.visible_communities(actor, Permission.OPERATE).values_list("pk", "name")
    own = [(str(key), name) for key, name in found]
    return [("", _("Every community")), *own] if actor.may(Permission.OPERATE) else own


def new(request: StaffRequest) -> HttpResponse:
    """Begin one: a title is enough, or a file."""
    if not request.actor.may_anywhere(Permission.OPERATE):
        raise NotAllowed(permission=Permission.OPERATE)
    posted = request.method == "POST"
    form = NewForm(request.actor, request.POST if posted else None, request.FILES if posted else None)
    problems: object = ()
    if posted and form.is_valid():
        given = form.cleaned_data["file"]
        text = given.read(LARGEST_TEXT + 1).decode("utf-8", "replace") if given else ""
        document, problems = drafts.read_text(text) if text else (_blank(form.cleaned_data), ())
        if document is not None:
            with errors_in(form):
                made = actions.create_playbook(
                    actor=request.actor, document=document, community_id=form.community_id(), text=text
                )
                return go(request, "console:playbook", made.pk)
    context = {"form": form, "problems": [problem_said(each) for each in problems]}  # type: ignore[attr-defined]
    return render(request, "console/playbooks/new.html", context)


def problem_said(problem: object) -> tuple[int, str, str]:
    """A line, what is wrong there, and how to mend it."""
    sentence, fix = _(problem.sentence) % problem.params, _(problem.fix) % problem.params if problem.fix else ""  # type: ignore[attr-defined]
    return problem.line, sentence, fix  # type: ignore[attr-defined]


def _blank(chosen: Mapping[str, str]) -> Document:
    title = chosen["title"].strip()
    if not title and not chosen["key"]:
        title = _("New playbook")
    key = chosen["key"] or slugify(title)[:50] or "playbook"
    return Document(
        key=key if len(key) > 1 else f"{key}-1",
        title={words.language()[:2]: title or key},
        audience=Audience(chosen["audience"] or Audience.GROUP),
        start=TriggerSpec(),
    )


@require_POST
def take(request: StaffRequest, key: str) -> HttpResponse:
    """A playbook of the library becomes a draft of the team's own."""
    own = [place for place, _name in places(request.actor)]
    chosen = request.POST.get("community", own[0] if own else None)
    if chosen not in own:
        raise NotAllowed(permission=Permission.OPERATE)
    try:
        made = _take(request.actor, key, int(chosen) if chosen else None)
    except Invalid as error:
        messages.error(request, str(error))
        return go(request, "console:playbooks")
    messages.success(request, _("It is a draft of yours now: change what you like, then publish it."))
    return go(request, "console:playbook", made.pk)


def _take(actor: Actor, key: str, community_id: int | None) -> Playbook:
    """Make a draft of what the library has."""
    entry = selectors.library_entry(key)
    return actions.create_playbook(
        actor=actor, document=entry.document, community_id=community_id, text=entry.text, library=key
    )
