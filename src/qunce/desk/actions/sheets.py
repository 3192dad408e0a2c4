"""Rules that come as a table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
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

_AT_ONCE = 1000


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
        now = clock.now()
        KeywordRule.objects.bulk_create([_new(line, now) for line in made], batch_size=_AT_ONCE)
        _change(changed, now)
        if made or changed:
            _record(actor, name, made, changed)
            revisions.bump(SCOPE)
            live.touch(SCOPE)
    return Imported(len(made), len(changed), len(plan.of(Verdict.WRONG)))


def _new(line: PlannedLine, now: datetime) -> KeywordRule:
    return KeywordRule(**_columns(line), created_at=now, changed_at=now)


def _columns(line: PlannedLine) -> dict[str, object]:
    if line.draft is None:
        raise ValueError(line)
    return {**columns(line.draft), "enabled": line.enabled}


def _change(lines: Sequence[PlannedLine], now: datetime) -> None:
    """Write the changed rules, which are locked, a thousand in a statement."""
    stored = KeywordRule.objects.in_bulk([line.rule_id for line in lines])
    rows = []
    for line in lines:
        row = stored[line.rule_id or 0]
        for column, value in _columns(line).items():
            setattr(row, column, value)
        row.changed_at = max(now, row.changed_at + timedelta(microseconds=1))
        rows.append(row)
    if rows:
        written = ["changed_at", *_columns(lines[0])]
        KeywordRule.objects.bulk_create(
            rows, batch_size=_AT_ONCE, update_conflicts=True, unique_fields=["id"], update_fields=written
        )


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
