"""Taking a history over, portion by portion, and taking it back: cut off anywhere, nothing is lost or doubled.

Each portion is one transaction with the number of entries that are done. Of two runs of the same import the one that
began last goes on; the other one stops at its next portion.
"""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from errno import ENOSPC

from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from psycopg.errors import DeadlockDetected

from qunce.chat import actions as chat
from qunce.chat.actions import Comparison, Ingested
from qunce.chat.types import MessageReceived
from qunce.community import actions as community
from qunce.community import selectors as groups
from qunce.community.types import HISTORY
from qunce.insights.actions import portions
from qunce.insights.actions.imports import RUN, UNDO, forget_file, soon
from qunce.insights.events import HistoryImported, HistoryUndone
from qunce.insights.importer import Importer, Source, Unreadable
from qunce.insights.models import Import, ImportedStay
from qunce.insights.policies.histories import Census, Portion, Taking, noted
from qunce.insights.selectors import histories
from qunce.insights.selectors.imports import source_of
from qunce.insights.types import ImportState, Options, Skip, Skipped
from qunce.kernel import clock, events, live, locks
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Conflict, QunceError
from qunce.kernel.ids import new_id
from qunce.members import actions as members
from qunce.members import selectors as people

log = logging.getLogger(__name__)
SILENT = timedelta(minutes=2)
"""A run that has not moved for so long does not keep others of its group waiting, and is begun again."""
GONE = timedelta(minutes=15)
"""After so long nobody waits any more for a program that reads a file of its own."""
ATTEMPTS = 4
"""Of a portion that waits in a circle with messages that are heard meanwhile."""
PORTION = 2000
MANY = 10_000
"""From so many new messages on the database plans otherwise than before."""
Progress = Callable[[Import], None]


class _TakenOver(Exception):
    """The run has nothing more to do."""


def run_import(*, import_id: int, source: Source | None = None, progress: Progress | None = None) -> Import:
    """Take a history over, from where it is; returns the import as it is then: done, failed, or stopped.

    ``source``: where the file is not kept here. ``progress`` is told after every portion. A database that is away is
    raised: it may be called again.
    """
    run = _start(import_id)
    if run is None:
        return Import.objects.get(pk=import_id)
    try:
        with _read(run, source) as opened:
            taking = _take_all(run, opened, progress or (lambda _run: None))
        chat.settle_history(group_id=run.group_id)
        _merge(run, taking)
        _finish(run)
    except _TakenOver:
        chat.settle_history(group_id=run.group_id)
    except (OperationalError, InterfaceError):
        raise
    except (QunceError, ValueError) as error:
        _fail(run, error)
    except Exception as error:
        log.exception("import %s failed", import_id)
        _fail(run, error)
    return Import.objects.get(pk=import_id)


def _start(import_id: int) -> Import | None:
    """The import, as this run's; None where nothing is to be done."""
    with transaction.atomic():
        run = locks.row(Import, import_id)
        if run.state not in {ImportState.WAITING, ImportState.RUNNING}:
            return None
        locks.name(f"history:{run.group_id}")
        busy = Import.objects.filter(
            group_id=run.group_id,
            state__in=[ImportState.RUNNING, ImportState.UNDOING],
            touched_at__gt=clock.now() - SILENT,
        ).exclude(pk=run.pk)
        if busy.exists():
            raise Conflict(
                _("Another history is being taken into this group, or back."), fix=_("Wait until it is done.")
            )
        run.state, run.runner, run.error = ImportState.RUNNING, new_id(), ""
        run.touched_at = clock.now()
        run.started_at = run.started_at or run.touched_at
        run.save(update_fields=["state", "runner", "error", "touched_at", "started_at"])
        live.touch("imports", f"import:{run.pk}")
    return run


@contextmanager
def _read(run: Import, source: Source | None) -> Iterator[Source]:
    if source is not None:
        yield source
        return
    with source_of(run) as opened:
        yield opened


def _take_all(run: Import, source: Source, progress: Progress) -> Taking:
    kind, options = histories.importer(run.importer), Options.from_json(run.options)
    reading = histories.reading_of(options)
    group = groups.group(SYSTEM, run.group_id)
    place = histories.place(kind, run.chat, group)
    names = None
    if options.relays and not kind.by_name:
        names = _names(kind, source, run.chat, options)
    taking = Taking(place.prefix, options, names)
    known = portions.comparison(run, kind)
    for portion in _ahead(taking.portions(kind.read(source, run.chat, reading), run.entries_done, PORTION)):
        after, known = _take(run, place.platform, portion, known)
        progress(after)
    return taking


def _ahead(portions: Iterator[Portion]) -> Iterator[Portion]:
    """The same, each read while the one before is being stored."""
    with ThreadPoolExecutor(1, thread_name_prefix="history") as reader:
        coming = reader.submit(next, portions, None)
        while (portion := coming.result()) is not None:
            coming = reader.submit(next, portions, None)
            yield portion


def _names(kind: Importer, source: Source, key: str, options: Options) -> dict[str, str]:
    """Who is called how: for whom a relay speaks is the one of that name."""
    census = Census(kind.by_name)
    for entry in kind.read(source, key, histories.reading_of(options)):
        census.see(entry)
    return census.names


def _take(run: Import, platform: str, portion: Portion, known: Comparison) -> tuple[Import, Comparison]:
    """One portion, with its account, in one transaction; returns the import after it, and what is its own by then."""
    after: list[tuple[Import, Comparison]] = []
    for attempt in range(ATTEMPTS):
        try:
            chat.record_history(
                group_id=run.group_id,
                platform=platform,
                events=portion.events,
                comparison=known,
                then=lambda recorded: after.append((_note(run, portion, recorded), known.after(recorded.keys))),
            )
            break
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected) or attempt == ATTEMPTS - 1:
                raise
    return after[-1]


def _note(mine: Import, portion: Portion, recorded: Ingested) -> Import:
    if recorded.unread:
        raise Conflict(_("The group is archived."), fix=_("Restore it, then go on."))
    run = locks.row(Import, mine.pk)
    if run.runner != mine.runner or run.state != ImportState.RUNNING or run.entries_done != portion.start:
        raise _TakenOver
    run.entries_done, run.touched_at = portion.end, clock.now()
    run.stored += recorded.stored
    run.repeated += recorded.repeated
    run.joined += sum(turn.joined for turn in recorded.turns)
    run.left += sum(not turn.joined for turn in recorded.turns)
    if recorded.keys:
        times = [at for _group, at, _id in recorded.keys]
        run.first_at, run.last_at = min(run.first_at or times[0], *times), max(run.last_at or times[0], *times)
    refused = [Skipped(Skip.UNREADABLE, _place(event), why) for event, why in recorded.refused]
    run.skipped = noted(run.skipped, [*portion.skipped, *refused])
    run.save()
    portions.note(run, recorded)
    live.touch("imports", f"import:{run.pk}")
    return run


def _place(event: object) -> str:
    """Where a record that the house could not store is to be found."""
    if isinstance(event, MessageReceived):
        return f"{event.sent_at.isoformat()}, {event.external_id}"
    at = getattr(event, "at", None)
    return at.isoformat() if at else ""


# ------------------------------------------------------------------ at its end
def _merge(run: Import, taking: Taking) -> None:
    """What was accepted as one person becomes one member; each can be separated again."""
    options = taking.options
    kind = histories.importer(run.importer)
    platform = histories.place(kind, run.chat, groups.group(SYSTEM, run.group_id)).platform
    wanted = [(taking.person(person), taking.person(into)) for person, into in options.aliases]
    actor = Actor(run.by_id, run.by_name, {run.community_id: Role.LEAD}, system=run.by_id is None)
    for person, into in wanted:
        known = people.members_of_accounts(platform, [person, into])
        if person not in known or into not in known or known[person] == known[into]:
            continue
        with suppress(QunceError), transaction.atomic():
            members.merge_members(actor=actor, member_id=known[person], into_id=known[into])
            row = locks.row(Import, run.pk)
            row.merged = [*row.merged, [known[person], known[into]]]
            row.touched_at = clock.now()
            row.save(update_fields=["merged", "touched_at"])


def _finish(mine: Import) -> None:
    taken = Import.objects.get(pk=mine.pk)
    if taken.stored >= MANY and taken.first_at and taken.last_at:
        chat.analyse_history(since=taken.first_at, until=taken.last_at)
    with transaction.atomic():
        run = locks.row(Import, mine.pk)
        if run.runner != mine.runner or run.state != ImportState.RUNNING:
            raise _TakenOver
        run.state, run.finished_at, run.runner = ImportState.DONE, clock.now(), None
        run.touched_at = run.finished_at
        run.save(update_fields=["state", "finished_at", "runner", "touched_at"])
        events.publish(HistoryImported(group_id=run.group_id, first=run.first_at, last=run.last_at))
        _said(run)


def _fail(mine: Import, error: Exception) -> None:
    chat.settle_history(group_id=mine.group_id)
    with transaction.atomic():
        run = locks.row(Import, mine.pk)
        if run.runner != mine.runner:
            return
        run.state, run.runner = ImportState.FAILED, None
        run.error, run.error_fix, run.error_values = _told(error)
        run.save(update_fields=["state", "runner", "error", "error_fix", "error_values"])
        if run.stored:
            events.publish(HistoryImported(group_id=run.group_id, first=run.first_at, last=run.last_at))
        _said(run)


def _told(error: Exception) -> tuple[str, str, dict[str, str] | None]:
    """Why it has failed: a sentence with its values and the way out, or whatever was said."""
    if isinstance(error, Unreadable):
        return error.sentence, error.fix, error.values
    if isinstance(error, OSError) and error.errno == ENOSPC:
        full = gettext_noop("The disk is full.")
        return full, gettext_noop("Make room, then go on: it goes on where it was."), {}
    plain = isinstance(error, QunceError | ValueError)
    return (str(error) if plain else f"{type(error).__name__}: {error}")[:2000], "", None


def _said(run: Import) -> None:
    live.touch("imports", "groups", f"import:{run.pk}", f"group:{run.group_id}", f"community:{run.community_id}")


# ------------------------------------------------------------------ taken back
def carry_out_undo(*, import_id: int) -> Import:
    """Remove what an import has brought that was decided to be taken back; it may be cut off and called again."""
    run = Import.objects.get(pk=import_id)
    if run.state != ImportState.UNDOING:
        return run
    _separate(run)
    while _take_back_stays(run):
        pass
    portions.take_back_messages(run)
    _forget_people(run)
    with transaction.atomic():
        run = locks.row(Import, import_id)
        run.state, run.undone_at = ImportState.UNDONE, clock.now()
        run.save(update_fields=["state", "undone_at"])
        if run.kept:
            forget_file(run=run)
        _close_if_empty(run)
        events.publish(HistoryUndone(group_id=run.group_id, first=run.first_at, last=run.last_at))
        _said(run)
    return run


def _forget_people(run: Import) -> None:
    """Of whom nothing is left: those whom this import brought, or an earlier one whose messages this one has held."""
    earlier = Import.objects.filter(group_id=run.group_id, state=ImportState.UNDONE)
    for each in (run, *earlier):
        if each.started_at and each.touched_at:
            kind = histories.importer(each.importer)
            platform = histories.place(kind, each.chat, groups.group(SYSTEM, each.group_id)).platform
            members.remove_silent(platform=platform, since=each.started_at, until=each.touched_at)


def _separate(run: Import) -> None:
    """Who was merged for it and still is, is apart again."""
    for member_id, _into in reversed(run.merged):
        with suppress(QunceError):
            members.separate_member(actor=SYSTEM, member_id=member_id)


def _take_back_stays(run: Import) -> int:
    with transaction.atomic():
        rows = list(ImportedStay.objects.filter(of=run).order_by("-id")[:PORTION])
        told = [row for row in rows if not row.known]
        turns = portions.taken_back(portions.passed_on(run, told), run.group_id)
        if turns:
            chat.take_back_turns(group_id=run.group_id, turns=turns)
        ImportedStay.objects.filter(pk__among=[row.pk for row in rows]).delete()
    return len(rows)


def _close_if_empty(run: Import) -> None:
    """A group that was there for this history alone is archived; the history may be taken over again."""
    group = groups.group(SYSTEM, run.group_id)
    others = Import.objects.filter(group_id=run.group_id).exclude(state=ImportState.UNDONE).exclude(pk=run.pk)
    if group.platform == HISTORY and not others.exists():
        community.archive_groups(actor=SYSTEM, group_ids=[group.pk])


# ------------------------------------------------------------------ what was cut off
def look_after_imports() -> None:
    """Begin again what waits or was cut off, where the file is here; say of the others that they were cut off."""
    silent = clock.now() - SILENT
    for run in Import.objects.filter(state=ImportState.WAITING, kept=True, created_at__lt=silent):
        soon(run, RUN)
    for run in Import.objects.filter(state=ImportState.UNDOING):
        soon(run, UNDO)
    running = Import.objects.filter(state=ImportState.RUNNING)
    for run in running.filter(kept=True, touched_at__lt=silent):
        soon(run, RUN)
    for run in running.filter(kept=False, touched_at__lt=clock.now() - GONE):
        chat.settle_history(group_id=run.group_id)
        with transaction.atomic():
            row = locks.row(Import, run.pk)
            if row.runner == run.runner and row.touched_at == run.touched_at:
                row.state, row.runner = ImportState.STOPPED, None
                row.save(update_fields=["state", "runner"])
                _said(row)
