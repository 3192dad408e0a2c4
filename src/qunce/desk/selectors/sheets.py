"""Rules as a table for spreadsheets: what is written into it, and what reading it would do.

A table that was exported is read back without a change. Cells that a spreadsheet would run as a formula get an
apostrophe, which is taken off again; several keywords stand in one cell, each on a line of its own. Columns that a
table lacks leave what is there alone.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from qunce.desk import policies
from qunce.desk.models import KeywordRule
from qunce.desk.selectors.cells import (
    Names,
    as_meant,
    cells_of,
    column_of,
    harmless,
    header,
    hours_in,
    match_in,
    named_in,
    seconds_in,
    yes_in,
)
from qunce.desk.selectors.drafts import checked, draft_of
from qunce.desk.selectors.library import require_item
from qunce.desk.selectors.places import place_of
from qunce.desk.selectors.rules import visible_rules
from qunce.desk.types import LARGEST_SHEET, MOST_LINES, Match, RuleDraft, RuleFilter, Scope
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid, QunceError

_SEPARATORS = ",;\t，"
_LONGEST_ID = 18


def table(actor: Actor, wanted: RuleFilter) -> Iterator[list[str]]:
    """The wanted rules that the actor may see, a line of cells each, headings first; the oldest first."""
    rules = list(visible_rules(actor, wanted).order_by("id"))
    answers = max((1 + len(rule.variants) for rule in rules), default=1)
    yield header(answers)
    names = Names(actor)
    for rule in rules:
        yield [harmless(cell) for cell in cells_of(rule, names, answers)]


# ------------------------------------------------------------------ reading
class Verdict(StrEnum):
    """What becomes of a line."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    DOUBLE = "double"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """A line of a table, numbered as a spreadsheet does, and what becomes of it. ``error``: why it cannot be read."""

    number: int
    verdict: Verdict
    keywords: str
    draft: RuleDraft | None = None
    enabled: bool = True
    rule_id: int | None = None
    error: QunceError | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What reading a table would do. ``seen`` changes with what decides it; ``ignored``: unknown columns."""

    lines: Sequence[PlannedLine]
    seen: str
    ignored: Sequence[str] = ()

    def of(self, *verdicts: Verdict) -> list[PlannedLine]:
        """The lines that are judged so."""
        return [line for line in self.lines if line.verdict in verdicts]


def plan(actor: Actor, body: bytes) -> Plan:
    """What importing the table would do for this actor, line by line. Raises Invalid where it is no table."""
    columns, rows, ignored = _read(body)
    reading = _Reading(actor, columns)
    lines = [reading.line(number, row) for number, row in rows]
    decided = repr([(line.number, line.verdict, line.rule_id, reading.stamp(line)) for line in lines])
    return Plan(lines, sha256(body + decided.encode()).hexdigest(), ignored)


_Cells = Mapping[str, str]


def _read(body: bytes) -> tuple[list[str], list[tuple[int, _Cells]], list[str]]:
    """The columns that are there, the lines with their numbers, and the columns that mean nothing to us."""
    if len(body) > LARGEST_SHEET:
        raise Invalid(
            _("The file is too large."),
            fix=_("At most %(size)d MB are read at once; cut it in two.") % {"size": LARGEST_SHEET >> 20},
            field="sheet",
        )
    text = _decoded(body)
    separator = max(_SEPARATORS, key=lambda each: _known_in(text, each))
    try:
        every = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise Invalid(
            _("This is not a table: %(error)s.") % {"error": error},
            fix=_("Save it as CSV in your spreadsheet, and add it again."),
            field="sheet",
        ) from error
    names = [column_of(each) for each in every[0]] if every else []
    if "keywords" not in names and "id" not in names:
        raise Invalid(
            _("The first line names no column that Qunce knows."),
            fix=_("Export the rules, or take the template, and keep its first line."),
            field="sheet",
        )
    if len(every) - 1 > MOST_LINES:
        raise Invalid(
            _("The table has %(count)d lines.") % {"count": len(every) - 1},
            fix=_("At most %(most)d are read at once; cut it in two.") % {"most": MOST_LINES},
            field="sheet",
        )
    rows: list[tuple[int, _Cells]] = [
        (number, _row(names, cells)) for number, cells in enumerate(every[1:], 2) if any(map(str.strip, cells))
    ]
    ignored = [each.strip() for each, name in zip(every[0], names, strict=True) if not name and each.strip()]
    return [name for name in names if name], rows, ignored


def _decoded(body: bytes) -> str:
    for encoding in ("utf-16",) if body[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "gb18030"):
        try:
            return body.decode(encoding).replace("\0", "")
        except UnicodeDecodeError:
            continue
    raise Invalid(
        _("The file's characters cannot be read."), fix=_("Save it as “CSV UTF-8”, and add it again."), field="sheet"
    )


def _known_in(text: str, separator: str) -> int:
    first = text.splitlines()[0] if text else ""
    return sum(bool(column_of(cell.strip('"'))) for cell in first.split(separator))


def _row(names: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    filled = [*cells, *[""] * (len(names) - len(cells))]
    return {name: as_meant(cell).strip() for name, cell in zip(names, filled, strict=False) if name}


class _Reading:
    """The lines of one table, judged one after the other against what is there."""

    def __init__(self, actor: Actor, columns: Sequence[str]) -> None:
        self._actor = actor
        self._columns = frozenset(columns)
        self._further = sorted((name for name in columns if name.startswith("answer ")), key=lambda n: int(n[7:]))
        self._names = Names(actor)
        self._rules = {rule.pk: rule for rule in visible_rules(actor)}
        self._alike = {_likeness(draft_of(rule)) for rule in self._rules.values()}
        self._allowed: dict[Scope, QunceError | None] = {}
        self._homes: dict[Scope, int | None] = {}
        self._lines: dict[object, int] = {}

    def stamp(self, line: PlannedLine) -> datetime | None:
        """When the rule that a line means was last changed."""
        rule = self._rules.get(line.rule_id or 0)
        return rule.changed_at if rule else None

    def line(self, number: int, cells: _Cells) -> PlannedLine:
        """Judge one line."""
        shown = " ".join(cells.get("keywords", "").split())[:80]
        try:
            rule = self._rule(cells.get("id", ""))
            draft = checked(self._draft(cells, draft_of(rule) if rule else RuleDraft((), "")))
            enabled = yes_in(cells.get("on", ""), rule.enabled if rule else True)
            verdict = self._verdict(number, cells, rule, draft, enabled=enabled)
        except QunceError as error:
            return PlannedLine(number, Verdict.WRONG, shown, error=error)
        shown = shown or draft.keywords[0]
        return PlannedLine(number, verdict, shown, draft, enabled, rule.pk if rule else None)

    def _verdict(
        self, number: int, cells: _Cells, rule: KeywordRule | None, draft: RuleDraft, *, enabled: bool
    ) -> Verdict:
        mark = _likeness(draft) if rule is None else rule.pk
        if (before := self._lines.setdefault(mark, number)) != number:
            if rule is None:
                return Verdict.DOUBLE
            raise Invalid(
                _("Line %(line)d changes the same rule.") % {"line": before}, fix=_("Leave one of the two.")
            )
        if rule is None:
            self._allow(draft.scope)
            require_item(self._actor, draft, self._home(draft.scope))
            return Verdict.SAME if mark in self._alike else Verdict.NEW
        if draft == draft_of(rule) and enabled == rule.enabled:
            return Verdict.SAME
        self._allow(rule.scope)
        self._allow(draft.scope)
        require_item(self._actor, draft, self._home(draft.scope), rule.item_id)
        if (changed := cells.get("changed")) and changed != rule.changed_at.isoformat():
            raise Invalid(
                _("Somebody changed this rule after it was exported."),
                fix=_("Export again; or empty the last column of this line to replace what is there."),
            )
        return Verdict.CHANGED

    def _home(self, scope: Scope) -> int | None:
        """The community in which a rule counts; None: not in one alone."""
        if scope.group_id is None:
            return scope.community_id
        if scope not in self._homes:
            self._homes[scope] = place_of(self._actor, scope)[1]
        return self._homes[scope]

    def _allow(self, scope: Scope) -> None:
        """Raise what keeps the actor from changing rules there; asked once per place."""
        if scope not in self._allowed:
            try:
                place_of(self._actor, scope, Permission.OPERATE)
                self._allowed[scope] = None
            except QunceError as error:
                self._allowed[scope] = error
        if refused := self._allowed[scope]:
            raise refused

    def _rule(self, written: str) -> KeywordRule | None:
        if not written:
            return None
        key = written.lstrip("#").removesuffix(".0")
        rule = self._rules.get(int(key)) if key.isdecimal() and len(key) <= _LONGEST_ID else None
        if rule is None:
            raise Invalid(
                _("There is no rule with the number “%(id)s”.") % {"id": written[:40]},
                fix=_("Empty the cell to make a new rule."),
            )
        return rule

    def _draft(self, cells: _Cells, draft: RuleDraft) -> RuleDraft:
        """The draft with what the line says of it."""
        readers: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
            "keywords": lambda cell: {"keywords": tuple(cell.splitlines())},
            "match": lambda cell: {"match": match_in(cell)},
            "answer": lambda cell: {"answer": cell},
            "community": lambda cell: {"community_id": named_in(self._names.communities, cell)},
            "tag": lambda cell: {"tag": cell},
            "group": lambda cell: {"group_id": named_in(self._names.groups, cell)},
            "cooldown": lambda cell: {"cooldown_seconds": seconds_in(cell)},
            "away": lambda cell: {"away": cell},
        }
        said: dict[str, Any] = {}
        for name in readers.keys() & self._columns:
            said |= readers[name](cells[name])
        if self._further:
            said["variants"] = tuple(cells[name] for name in self._further)
        if self._columns & {"days", "hours"}:
            said["hours"] = hours_in(cells.get("days", ""), cells.get("hours", ""))
        draft = replace(draft, **said)
        if "item" in self._columns:
            draft = replace(draft, item_id=self._names.item_in(cells["item"], self._home(draft.scope)))
        return draft


def _likeness(draft: RuleDraft) -> object:
    """What makes two rules the same rule: the words, where they count, and what is said."""
    words = draft.keywords if draft.match is Match.PATTERN else map(policies.normalise, draft.keywords)
    return (
        draft.scope,
        draft.match,
        frozenset(words),
        draft.answer,
        draft.variants,
        draft.hours,
        draft.away,
        draft.item_id,
    )
