"""Rules that come as a table."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community.policies import one_line
from qunce.desk import selectors
from qunce.desk.actions.rules import SCOPE, columns
from qunce.desk.models import KeywordRule
from qunce.desk.selectors import PlannedLine, Verdict
from qunce.desk.types import LARGEST_SHEET
from qunce.kernel import audit, clock, files, live, locks, revisions
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotAllowed


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rules a table made and changed, and how many of its lines could not be read."""

    made: int
    changed: int
    wrong: int


def take_sheet(*, actor: Actor, name: str, body: bytes) -> str:
    """Keep a table while somebody looks at what it would do; returns its sha256. For operators of any place."""
    if not actor.may_anywhere(Permission.OPERATE):
        raise NotAllowed
    if len(body) > LARGEST_SHEET:
        raise Invalid(
            _("The file is too large."),
            fix=_("At most %(size)d MB are read at once; cut it in two.") % {"size": LARGEST_SHEET >> 20},
            field="sheet",
        )
    return files.put(body, name=one_line(name)[:120], content_type="text/csv").sha256


def import_rules(*, actor: Actor, name: str, body: bytes, seen: str) -> Imported:
    """Make and change the rules that a table holds, all in one go; lines that cannot be read are left out.

    ``seen``: `Plan.seen` of what the person has looked at; Conflict where the rules have been changed since, and
    then nothing is imported. Every line is for operators of its place. The same table again changes nothing.
    """
    if not actor.may_anywhere(Permission.OPERATE):
        raise NotAllowed
    with transaction.atomic():
        locks.name("keyword_rules.import")
        first = selectors.plan(actor, body)
        locks.rows(KeywordRule, {line.rule_id for line in first.of(Verdict.CHANGED)})
        plan = selectors.plan(actor, body) if first.of(Verdict.CHANGED) else first
        if plan.seen != seen:
            raise Conflict(
                _("Somebody changed the rules while you were looking; nothing was imported."),
                fix=_("Look at what would happen now, then import."),
            )
        made, changed = plan.of(Verdict.NEW), plan.of(Verdict.CHANGED)
        _write(made, changed)
        if made or changed:
            _record(actor, name, made, changed)
            revisions.bump(SCOPE)
            live.touch(SCOPE)
    return Imported(len(made), len(changed), len(plan.of(Verdict.WRONG)))


_COLUMNS = (
    *("community_id", "group_id", "tag", "match", "keywords", "answer", "variants", "files", "item_id"),
    "cooldown_seconds",
    *("days", "opens_at", "closes_at", "away", "enabled"),
)
_WRITTEN = ", ".join(_COLUMNS)
_GIVEN = ", ".join(f"given.{name}" for name in _COLUMNS)
_ROWS = "jsonb_populate_recordset(NULL::desk_keywordrule, %s::jsonb) AS given"
_INSERT = (
    f"INSERT INTO desk_keywordrule ({_WRITTEN}, created_at, changed_at)"  # noqa: S608 (names of our columns)
    f" SELECT {_GIVEN}, given.changed_at, given.changed_at FROM {_ROWS}"
)
# What a person saw as the state of a rule must be older than any change of it.
_UPDATE = (
    f"UPDATE desk_keywordrule AS rule SET ({_WRITTEN}, changed_at) = (SELECT {_GIVEN},"  # noqa: S608 (the same)
    f" greatest(given.changed_at, rule.changed_at + interval '1 microsecond')) FROM {_ROWS} WHERE rule.id = given.id"
)


def _write(made: Sequence[PlannedLine], changed: Sequence[PlannedLine]) -> None:
    """Insert and update the rules, which are locked, in a statement each."""
    now = clock.now()
    with connection.cursor() as cursor:
        for statement, lines in ((_INSERT, made), (_UPDATE, changed)):
            if lines:
                cursor.execute(statement, [_rows(lines, now)])


def _rows(lines: Sequence[PlannedLine], now: datetime) -> str:
    rows = [
        {**columns(line.draft), "id": line.rule_id, "enabled": line.enabled, "changed_at": now}
        for line in lines
        if line.draft
    ]
    return json.dumps(rows, ensure_ascii=False, default=str)


def _record(actor: Actor, name: str, made: Sequence[PlannedLine], changed: Sequence[PlannedLine]) -> None:
    """One sentence for each community whose rules were made or changed."""
    places: dict[object, int | None] = {}

    def counted(lines: Sequence[PlannedLine]) -> Counter[int | None]:
        found: Counter[int | None] = Counter()
        for line in lines:
            scope = line.draft.scope if line.draft else None
            if scope is not None and scope not in places:
                places[scope] = selectors.place_of(actor, scope)[1]
            found[places.get(scope)] += 1
        return found

    new, other = counted(made), counted(changed)
    for community_id in sorted({*new, *other}, key=lambda key: key or 0):
        audit.record(
            actor,
            "rules.imported",
            gettext_noop("%(actor)s imported keyword rules from “%(file)s”: %(made)s new, %(changed)s changed."),
            community_id=community_id,
            file=name,
            made=new[community_id],
            changed=other[community_id],
        )
