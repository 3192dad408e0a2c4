"""Histories of other programs: handed in, looked at, taken over, taken back. The list costs five statements."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core import signing
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from qunce.chat.types import Content, Media, MessageReceived
from qunce.community import selectors as community
from qunce.community.types import ZONES, GroupFilter
from qunce.console.community import NEAR
from qunce.console.context import StaffRequest
from qunce.insights.actions import imports as actions
from qunce.insights.importer import Source
from qunce.insights.selectors import histories as selectors
from qunce.insights.selectors import imports as kept
from qunce.insights.selectors.imports import Import
from qunce.insights.types import AliasReason, Chat, ImportState, Look, Options, Skip
from qunce.kernel.actor import Permission
from qunce.kernel.errors import Invalid, NotAllowed, NotFound
from qunce.kernel.htmx import go, page

_SALT = "insights.history"
PER_PAGE = 30
MOST_GROUPS, MOST_ALIASES, MOST_LOOKED_AT = 500, 200, 50_000
FIRST = 12
LINES, WIDEST = 4, 400
STATES: Mapping[str, tuple[str, str | Promise]] = {
    ImportState.WAITING: ("wait", gettext_lazy("waits")),
    ImportState.RUNNING: ("busy", gettext_lazy("under way")),
    ImportState.DONE: ("good", gettext_lazy("imported")),
    ImportState.FAILED: ("bad", gettext_lazy("failed")),
    ImportState.STOPPED: ("odd", gettext_lazy("stopped")),
    ImportState.UNDOING: ("busy", gettext_lazy("being taken back")),
    ImportState.UNDONE: ("off", gettext_lazy("taken back")),
}
SKIPS: Mapping[str, str | Promise] = {
    Skip.SERVICE: gettext_lazy("Notices of the platform, such as calls, pins and new titles"),
    Skip.ACTION: gettext_lazy("Said about oneself (/me)"),
    Skip.EMPTY: gettext_lazy("Nothing was said or shown"),
    Skip.DELETED: gettext_lazy("Taken back by their senders"),
    Skip.UNREADABLE: gettext_lazy("Could not be read"),
    Skip.EXCLUDED: gettext_lazy("Left out by choice"),
}
MEANINGS: Mapping[str, str | Promise] = {
    "sent_at": gettext_lazy("When it was said"),
    "sender": gettext_lazy("Name of the sender"),
    "text": gettext_lazy("Text of the message"),
    "sender_id": gettext_lazy("Id of the sender"),
    "id": gettext_lazy("Id of the message"),
    "reply_to": gettext_lazy("Id of the message that is answered"),
    "chat": gettext_lazy("The chat"),
}
FILES: Mapping[str, str | Promise] = {
    "image": gettext_lazy("photo"),
    "video": gettext_lazy("video"),
    "audio": gettext_lazy("voice message"),
    "sticker": gettext_lazy("sticker"),
    "file": gettext_lazy("file"),
}
REASONS: Mapping[str, str | Promise] = {
    AliasReason.TAIL: gettext_lazy("the same but for the end of the name"),
    AliasReason.RENAMED: gettext_lazy("the history says that one became the other"),
    AliasReason.NUMBER: gettext_lazy("the same number stands in both"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One import in the list."""

    made: Import
    format: str
    group: str
    tone: str
    state: str | Promise


# ---------------------------------------------------------------- the list, and handing in
@require_GET
def histories(request: StaffRequest) -> HttpResponse:
    """What was imported, and the way to import more: ``?group=`` when it is to go into that group."""
    may_import = request.actor.may_anywhere(Permission.LEAD)
    found = Paginator(kept.imports(request.actor), PER_PAGE).get_page(request.GET.get("page"))
    titles = dict(selectors.formats())
    names = community.group_names([each.group_id for each in found])
    return page(
        request,
        "console/insights/histories.html",
        {
            "page": found,
            "rows": [
                Row(each, titles.get(each.importer, each.importer), names.get(each.group_id, ""), *STATES[each.state])
                for each in found
            ],
            "formats": titles.values(),
            "may_import": may_import,
            "group": request.GET.get("group", ""),
        },
        piece="console/insights/histories_rows.html",
    )


@require_POST
def upload(request: StaffRequest) -> HttpResponse:
    """Take a file, and go on to look at it."""
    if not request.actor.may_anywhere(Permission.LEAD):
        raise NotAllowed(permission=Permission.LEAD)
    handed = request.FILES.get("file")
    if handed is None:
        raise Invalid(_("There is no file."), fix=_("Choose the export that you saved."))
    name = handed.name or "history"
    if not handed.size:
        raise Invalid(
            _("There is nothing in %(file)s.") % {"file": name}, fix=_("Export it once more."), field="file"
        )
    stored = actions.keep_upload(actor=request.actor, name=name, content=handed.chunks())
    query = {"file": token_of(stored.sha256, name)}
    if group := request.POST.get("group", ""):
        query |= {"into": "old", "group": group}
    return go(request, reverse("console:history_new", query=query))


def token_of(sha256: str, name: str) -> str:
    """A file that was handed in, as an address carries it."""
    return signing.dumps([sha256, name], salt=_SALT)


@contextmanager
def _opened(request: StaffRequest, token: str) -> Iterator[tuple[str, Source]]:
    """The file that a token means: its key, and the file to be read."""
    try:
        sha256, name = signing.loads(token, salt=_SALT)
    except signing.BadSignature as error:
        raise NotFound from error
    with kept.uploaded(request.actor, sha256, name=name) as source:
        yield sha256, source


# ---------------------------------------------------------------- looking at it
@dataclass(frozen=True, slots=True)
class Chosen:
    """What is chosen in the form, which the address carries."""

    format: str
    chat: str
    options: Options

    @classmethod
    def of(cls, given: QueryDict, request: StaffRequest) -> "Chosen":
        """As typed; what is not there is found out."""
        columns = {meaning: column for meaning in MEANINGS if (column := given.get(f"column_{meaning}", ""))}
        zone = given.get("zone", "") or str(request.zone)
        options = Options(
            zone=zone,
            columns=columns,
            aliases=tuple(_pair(each) for each in given.getlist("alias")),
            relays=tuple(given.getlist("relay")),
            exclude_bots=given.get("exclude_bots") == "1",
        )
        return cls(given.get("format", ""), given.get("chat", ""), options)


def _pair(text: str) -> tuple[str, str]:
    """(sender, the sender it is), as a box of the form carries it."""
    try:
        person, into = json.loads(text)
    except ValueError as error:
        raise NotFound from error
    return str(person), str(into)


@require_GET
def new(request: StaffRequest) -> HttpResponse:
    """What is in a file and what would be taken over; every choice is in the address, nothing changes yet."""
    if not request.actor.may_anywhere(Permission.LEAD):
        raise NotAllowed(permission=Permission.LEAD)
    chosen = Chosen.of(request.GET, request)
    context: dict[str, Any] = {"token": request.GET.get("file", ""), "formats": selectors.formats()}
    try:
        with _opened(request, context["token"]) as (_sha256, source):
            context |= {"file": source.path.name, "begins": _begins(source)}
            context |= _shape(source, chosen)
            context |= _content(request, source, context["format"], chosen)
    except Invalid as error:
        context |= {"error": error, "chosen": chosen}
    context |= _targets(request)
    return page(request, "console/insights/history_new.html", context, piece="console/insights/history_look.html")


def _shape(source: Source, chosen: Chosen) -> dict[str, Any]:
    """Which format it is, and for tables which column holds what: as chosen, else as it seems."""
    key = chosen.format or selectors.recognise(source=source)
    kind = selectors.importer(key)
    columns = dict(kind.columns(source))
    guessed = {meaning: column for column, meaning in columns.items() if meaning}
    meanings = [
        (meaning, title, chosen.options.columns.get(meaning) or guessed.get(meaning, ""))
        for meaning, title in MEANINGS.items()
    ]
    return {
        "format": key,
        "title": kind.title,
        "columns": columns,
        "meanings": meanings if columns else (),
        "chosen": chosen,
    }


def _content(request: StaffRequest, source: Source, key: str, chosen: Chosen) -> dict[str, Any]:
    """Which chats are in it, and what the chosen one begins with."""
    found = selectors.chats(source=source, importer_key=key, options=chosen.options)
    chat = chosen.chat if chosen.chat in {each.key for each in found} else (found[0].key if found else "")
    look = selectors.look(
        source=source, importer_key=key, chat=chat, options=chosen.options, n=FIRST, most=MOST_LOOKED_AT
    )
    name = _named(request, found, chat) or source.name
    return {"chats": found, "chat": chat, "name": name, **_preview(look, chosen)}


def _named(request: StaffRequest, chats: Sequence[Chat], chat: str) -> str:
    """What the new group is called: as typed, unless another chat was chosen since."""
    typed, before = request.GET.get("name", ""), request.GET.get("named", "")
    name = next((each.name for each in chats if each.key == chat), "")
    return typed if typed and before == name else name


def _preview(look: Look, chosen: Chosen) -> dict[str, Any]:
    zone = ZoneInfo(look.zone)
    return {
        "look": look,
        "zone": zone,
        "lines": [(entry, _shown(entry)) for entry in look.entries if isinstance(entry, MessageReceived)],
        "skipped": [(SKIPS.get(reason, reason), count) for reason, count in look.skipped.items()],
        "skipped_all": sum(look.skipped.values()),
        "unreadable": look.skipped.get(Skip.UNREADABLE, 0),
        "relays": [(each, each.person in chosen.options.relays, round(each.share * 100)) for each in look.relays],
        "aliases": [
            (each, json.dumps([each.person, each.into]), REASONS[each.reason]) for each in look.aliases[:MOST_ALIASES]
        ],
        "more_aliases": max(0, len(look.aliases) - MOST_ALIASES),
        "zones": [
            (_("Often chosen"), [*dict.fromkeys((look.zone, *NEAR))]),
            (_("All others"), sorted(ZONES - {look.zone, *NEAR})),
        ],
    }


def _shown(message: MessageReceived) -> str:
    """What somebody said, with files by what they are: the files themselves stay where they were."""
    if message.parts is None:
        return message.text
    return "".join(_file(part) if isinstance(part, Media) else Content((part,)).plain for part in message.parts)


def _file(part: Media) -> str:
    kind = str(FILES.get(part.kind, part.kind))
    return _("[%(kind)s %(name)s]") % {"kind": kind, "name": part.name} if part.name else f"[{kind}]"


def _begins(source: Source) -> list[str]:
    """The first lines of a single text file, for whoever has to say which column holds what."""
    if source.path.is_dir() or source.path.suffix.lower() == ".zip":
        return []
    found = []
    for line in source.lines(source.names[0]):
        found.append(line[:WIDEST])
        if len(found) == LINES:
            break
    return found


def _targets(request: StaffRequest) -> dict[str, Any]:
    """Where it can go: groups and communities of which this person is a lead."""
    given, actor = request.GET, request.actor
    groups = community.find_groups(actor, GroupFilter(), Permission.LEAD)[:MOST_GROUPS]
    return {
        "groups": groups,
        "communities": community.visible_communities(actor, Permission.LEAD),
        "may_found": actor.may(Permission.LEAD),
        "into": "old" if given.get("into") == "old" and groups else "new",
        "group_id": given.get("group", ""),
        "community_id": given.get("community", ""),
    }


# ---------------------------------------------------------------- taking it over
@require_POST
def begin(request: StaffRequest) -> HttpResponse:
    """Take the chosen chat over, as it was looked at."""
    given = request.POST
    chosen = Chosen.of(given, request)
    group_id, community_id = _target(request, given)
    with _opened(request, given.get("file", "")) as (sha256, source):
        made = actions.begin_import(
            actor=request.actor,
            source=source,
            importer_key=chosen.format,
            chat=chosen.chat,
            community_id=community_id,
            group_id=group_id,
            name=given.get("name", "").strip(),
            options=chosen.options,
            kept=sha256,
        )
    return go(request, "console:history", made.pk)


def _target(request: StaffRequest, given: QueryDict) -> tuple[int | None, int]:
    """The group, where it is an existing one, and the community."""
    wanted = given.get("group" if given.get("into") == "old" else "community", "")
    if not wanted.isdecimal():
        raise Invalid(_("Where is it to go?"), fix=_("Choose a group, or a community for a new one."))
    if given.get("into") != "old":
        return None, int(wanted)
    group = community.group(request.actor, int(wanted), Permission.LEAD)
    if group.community_id is None:
        raise Invalid(_("The group is in no community."), fix=_("Take it into one first."))
    return group.pk, group.community_id


# ---------------------------------------------------------------- what became of it
@require_GET
def history(request: StaffRequest, import_id: int) -> HttpResponse:
    """One import: how far it is, then what came of it."""
    made = kept.one_import(request.actor, import_id)
    tone, state = STATES[made.state]
    group = community.group(request.actor, made.group_id)
    options, here = Options.from_json(made.options), kept.is_here(made)
    context = {
        "made": made,
        "group": group,
        "format": dict(selectors.formats()).get(made.importer, made.importer),
        "tone": tone,
        "state": state,
        "failure": kept.failure(made),
        "options": options,
        "zone": ZoneInfo(options.zone or "UTC"),
        "done": made.stored + made.repeated + made.skipped_count,
        "moving": made.state in {ImportState.WAITING, ImportState.RUNNING, ImportState.UNDOING},
        "stops": made.state in {ImportState.WAITING, ImportState.RUNNING},
        "goes_on": made.state in {ImportState.STOPPED, ImportState.FAILED} and here,
        "undoes": made.state in {ImportState.DONE, ImportState.STOPPED, ImportState.FAILED},
        "skips": [
            (SKIPS.get(reason, reason), told["count"], told["places"]) for reason, told in made.skipped.items()
        ],
        "again": _again(made) if here else "",
    }
    return page(request, "console/insights/history.html", context, piece="console/insights/history_now.html")


def _again(made: Import) -> str:
    """Where the same file is looked at once more."""
    query = {"file": token_of(made.file_sha256, made.file_name), "format": made.importer, "chat": made.chat}
    return reverse("console:history_new", query={**query, "into": "old", "group": str(made.group_id)})


@require_POST
def stop(request: StaffRequest, import_id: int) -> HttpResponse:
    """Stop; what was taken over by now stays."""
    actions.stop_import(actor=request.actor, import_id=import_id)
    return go(request, "console:history", import_id)


@require_POST
def resume(request: StaffRequest, import_id: int) -> HttpResponse:
    """Go on from where it was stopped or has failed."""
    actions.go_on(actor=request.actor, import_id=import_id)
    return go(request, "console:history", import_id)


@require_POST
def undo(request: StaffRequest, import_id: int) -> HttpResponse:
    """Take back what it has brought."""
    actions.undo_import(actor=request.actor, import_id=import_id)
    return go(request, "console:history", import_id)


@require_POST
def forget(request: StaffRequest, import_id: int) -> HttpResponse:
    """Remove the file; what was taken over stays."""
    actions.remove_file(actor=request.actor, import_id=import_id)
    messages.success(request, _("The file is removed. What was taken over stays."))
    return go(request, "console:history", import_id)
