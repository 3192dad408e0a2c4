"""The library taken out as an archive, and what bringing one in would do."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from django.utils.translation import gettext as _
from pydantic import ValidationError

from qunce.community import selectors as community
from qunce.content import policies
from qunce.content.models import Item
from qunce.content.selectors.items import document_of, find_items, visible_items
from qunce.content.types import ItemDocument, ItemFilter, Openness
from qunce.content.types.exchange import (
    FILES,
    LARGEST_ARCHIVE,
    LARGEST_LINES,
    LINES,
    MOST_LINES,
    ImportPlan,
    PlannedItem,
    Verdict,
)
from qunce.kernel import files
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid, NotFound
from qunce.kernel.validation import sentences

_OWN = ("key", "community", "openness", "published")


def archive(actor: Actor, wanted: ItemFilter) -> bytes:
    """The items that the filter describes, with their files, the oldest first. Raises Invalid where that is much."""
    rows = list(find_items(actor, wanted).order_by("pk")[:MOST_LINES])
    documents = [document_of(row) for row in rows]
    attached = {file.sha256: file for document in documents for file in document.files}
    if sum(file.size for file in attached.values()) > LARGEST_ARCHIVE:
        raise Invalid(
            _("Their files are larger than %(size)d MB together.") % {"size": LARGEST_ARCHIVE >> 20},
            fix=_("Filter the list, and take it out in parts."),
        )
    body = BytesIO()
    with ZipFile(body, "w", ZIP_DEFLATED) as packed:
        lines = (_line(row, document) for row, document in zip(rows, documents, strict=True))
        packed.writestr(LINES, "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines))
        for key in attached:
            try:
                with files.open_file(key) as opened:
                    packed.writestr(FILES + key, opened.read())
            except NotFound:
                continue  # the line still names it; bringing it in says that it is missing
    return body.getvalue()


def _line(row: Item, document: ItemDocument) -> dict[str, Any]:
    return {
        "key": row.key,
        "community": row.community.name if row.community else None,
        "openness": row.openness,
        "published": row.published_id is not None,
        **document.model_dump(mode="json", exclude_defaults=True),
    }


# ------------------------------------------------------------------ bringing it in
def plan_import(actor: Actor, body: bytes) -> ImportPlan:
    """What an archive, or its lines alone, would do for this actor. Raises Invalid where it is none."""
    text, contents = unpacked(body)
    raw = [line for line in text.splitlines() if line.strip()]
    if len(raw) > MOST_LINES:
        raise Invalid(
            _("The file has %(count)d items.") % {"count": len(raw)},
            fix=_("At most %(most)d are read at once; cut it in two.") % {"most": MOST_LINES},
            field="archive",
        )
    reading = _Reading(actor, contents)
    lines = [reading.line(number, line) for number, line in enumerate(raw, 1)]
    decided = repr([(line.number, line.verdict, line.item_id, line.edition) for line in lines])
    return ImportPlan(lines, sha256(body + decided.encode()).hexdigest())


def unpacked(body: bytes) -> tuple[str, Mapping[str, bytes]]:
    """The lines of an archive, and its files by what they contain."""
    if not body.startswith(b"PK"):
        return _decoded(body[: LARGEST_LINES + 1]), {}
    try:
        with ZipFile(BytesIO(body)) as packed:
            if sum(each.file_size for each in packed.infolist()) > LARGEST_ARCHIVE + LARGEST_LINES:
                raise Invalid(_("What is in this file is too large."), fix=_("Cut it in two."), field="archive")
            names = [name for name in packed.namelist() if name.startswith(FILES) and not name.endswith("/")]
            contents = (packed.read(name) for name in names)
            return _decoded(packed.read(LINES)), {sha256(each).hexdigest(): each for each in contents}
    except (BadZipFile, KeyError, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise Invalid(
            _("This file holds no library."), fix=_("Choose one that was exported here."), field="archive"
        ) from error


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(
            _("The file's characters cannot be read."), fix=_("Choose one that was exported here."), field="archive"
        ) from error


class _Reading:
    """The lines of one archive, judged one after the other against what is there."""

    def __init__(self, actor: Actor, contents: Iterable[str]) -> None:
        self._actor = actor
        self._contents = frozenset(contents)
        self._places = {each.name: each.pk for each in community.visible_communities(actor, Permission.OPERATE)}
        self._items = {(row.community_id, row.key): row for row in visible_items(actor)}
        self._seen: set[tuple[int | None, str]] = set()

    def line(self, number: int, written: str) -> PlannedItem:
        """Judge one line."""
        title = ""
        try:
            given = dict(json.loads(written))
            title = str(given.get("title", ""))[:80]
            return self._judged(number, given)
        except (ValueError, TypeError, RecursionError) as error:
            said = _said(error)
        except Invalid as error:
            said = str(error)
        return PlannedItem(number, Verdict.WRONG, title, error=said)

    def _judged(self, number: int, given: dict[str, Any]) -> PlannedItem:
        document = ItemDocument.model_validate({name: each for name, each in given.items() if name not in _OWN})
        home, key = self._home(given.get("community")), str(given.get("key") or policies.key_from(document.title))
        if (home, key) in self._seen:
            raise Invalid(
                _("An earlier line is called “%(key)s” too.") % {"key": key[:80]}, fix=_("Leave one of them.")
            )
        self._seen.add((home, key))
        if not policies.is_key(key):
            raise Invalid(
                _("“%(key)s” is no name for an address.") % {"key": key[:80]},
                fix=_("Use letters, digits, - and _ only, at most 80."),
            )
        for file in document.files:
            if file.sha256 not in self._contents and not files.is_stored(file.sha256):
                raise Invalid(_("Its file “%(name)s” is not in the archive.") % {"name": file.name})
        openness = Openness(given.get("openness", Openness.TEAM))
        there = self._items.get((home, key))
        published = bool(given.get("published")) and not policies.lacking(document)
        if openness is Openness.PUBLIC and not self._actor.may(Permission.LEAD, home):
            published = False
            if there is not None and there.published_id and there.openness != openness:
                raise Invalid(_("What everybody reads on the site is for a lead to open."))
        same = there is not None and document_of(there) == document and there.openness == openness
        verdict = Verdict.NEW if there is None else Verdict.SAME if same else Verdict.CHANGED
        return PlannedItem(
            number,
            verdict,
            document.title,
            key,
            document,
            openness,
            published,
            home,
            there.pk if there else None,
            there.edition if there else 0,
        )

    def _home(self, name: object) -> int | None:
        if name is None:
            if not self._actor.may(Permission.OPERATE):
                raise Invalid(
                    _("It is of all communities, and your role is not."), fix=_("Write the name of your community.")
                )
            return None
        if name not in self._places:
            raise Invalid(
                _("There is no community “%(name)s” for which you may write.") % {"name": str(name)[:80]},
                fix=_("Write the name of one of yours, or null for all."),
            )
        return self._places[str(name)]


def _said(error: Exception) -> str:
    if isinstance(error, ValidationError):
        field, sentence = next(iter(sentences(error).items()))
        return _("%(field)s: %(why)s") % {"field": field, "why": sentence}
    return _("This line cannot be read.")
