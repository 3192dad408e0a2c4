"""Runs in words: how far each is, what comes next, whether somebody is needed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qunce.console.chat.broadcasts import Segment
from qunce.console.playbooks import words
from qunce.playbooks import selectors
from qunce.playbooks.selectors import Run, Standing
from qunce.playbooks.types import RunState, TrackState

ALIVE = (RunState.RUNNING, RunState.PAUSED)
ORDER = (
    TrackState.DONE,
    TrackState.DUE,
    TrackState.WAITING,
    TrackState.PAUSED,
    TrackState.STOPPED,
    TrackState.FAILED,
)


@dataclass(frozen=True, slots=True)
class RunShown:
    """A run with how far it is."""

    run: Run
    title: str
    tone: str
    word: str | Promise
    progress: str
    next_at: datetime | None
    next_step: str
    failed: int
    segments: list[Segment]
    standing: Standing


def segments_of(standing: Standing) -> list[Segment]:
    """The states of a run's tracks as parts of a bar."""
    found: list[Segment] = []
    start, total = 0.0, standing.targets or 1
    for state in ORDER:
        if count := standing.counts.get(state, 0):
            tone, word = words.TRACKS[state]
            width = 100 * count / total
            found.append(Segment(f"track-{state}", tone, str(word), count, start, width))
            start += width
    return found


def in_words(runs: Iterable[Run]) -> list[RunShown]:
    """Runs as lists show them; their standing costs one statement."""
    rows = list(runs)
    standings = selectors.standings([row.pk for row in rows])
    return [shown(row, standings[row.pk]) for row in rows]


def shown(row: Run, standing: Standing) -> RunShown:
    """One run as lists show it."""
    document = selectors.document_of(row.version)
    tone, word = words.RUNS[row.state]
    if row.state == RunState.RUNNING and standing.needs_person:
        tone, word = "bad", _("Needs you")
    return RunShown(
        run=row,
        title=_("%(title)s, version %(n)d")
        % {"title": words.in_language(document.title) or row.playbook.key, "n": row.version.number},
        tone=tone,
        word=word,
        progress=_progress(row, standing),
        next_at=standing.next_at if row.state == RunState.RUNNING else None,
        next_step="",
        failed=standing.needs_person if row.state != RunState.ENDED else 0,
        segments=segments_of(standing),
        standing=standing,
    )


def _progress(row: Run, standing: Standing) -> str:
    if not standing.targets:
        return _("Nobody has begun yet") if row.state != RunState.ENDED else _("Nobody had begun")
    said = ngettext(
        "%(over)d of %(all)d target is through", "%(over)d of %(all)d targets are through", standing.targets
    )
    return said % {"over": standing.over, "all": standing.targets}
