"""How playbooks, their runs and tracks are, in words and colours."""

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from qunce.playbooks.step import steps
from qunce.playbooks.types import Audience, ExecutionState, Finding, Late, RunState, Severity, TrackState, said

Word = tuple[str, str | Promise]

RUNS: Mapping[str, Word] = {
    RunState.RUNNING: ("good", gettext_lazy("Running")),
    RunState.PAUSED: ("wait", gettext_lazy("Paused")),
    RunState.ENDED: ("off", gettext_lazy("Over")),
}
TRACKS: Mapping[str, Word] = {
    TrackState.DUE: ("busy", gettext_lazy("Under way")),
    TrackState.WAITING: ("wait", gettext_lazy("Waits")),
    TrackState.PAUSED: ("odd", gettext_lazy("Paused")),
    TrackState.DONE: ("good", gettext_lazy("Through")),
    TrackState.STOPPED: ("off", gettext_lazy("Taken out")),
    TrackState.FAILED: ("bad", gettext_lazy("Failed")),
}
EXECUTIONS: Mapping[str, Word] = {
    ExecutionState.WAITING: ("wait", gettext_lazy("Waits")),
    ExecutionState.DONE: ("good", gettext_lazy("Done")),
    ExecutionState.SKIPPED: ("off", gettext_lazy("Left out")),
    ExecutionState.FAILED: ("bad", gettext_lazy("Failed")),
}
SEVERITIES: Mapping[str, tuple[str, str, str | Promise]] = {
    Severity.ERROR: ("bad", "circle-x", gettext_lazy("Error")),
    Severity.WARNING: ("wait", "alert-triangle", gettext_lazy("Warning")),
    Severity.HINT: ("off", "bulb", gettext_lazy("Hint")),
}
AUDIENCES: Mapping[str, str | Promise] = {
    Audience.GROUP: gettext_lazy("one track per group"),
    Audience.MEMBER: gettext_lazy("one track per member"),
}
LATE: Mapping[str, str | Promise] = {
    Late.SEND: gettext_lazy("Do it nevertheless"),
    Late.SKIP: gettext_lazy("Leave it out"),
    Late.ASK: gettext_lazy("Ask a person"),
}
PATHS: Mapping[str, str | Promise] = {
    "answered": gettext_lazy("answered"),
    "silent": gettext_lazy("no answer"),
    "then": gettext_lazy("if so"),
    "else": gettext_lazy("otherwise"),
    "done": gettext_lazy("done"),
    "missed": gettext_lazy("not in time"),
    "approved": gettext_lazy("approved"),
    "declined": gettext_lazy("declined"),
    "happened": gettext_lazy("it happened"),
    "timed_out": gettext_lazy("it did not happen"),
    "ok": gettext_lazy("it worked"),
    "failed": gettext_lazy("it failed"),
    "nobody": gettext_lazy("nobody is found"),
}


def path_name(key: str) -> str:
    """What a path of a step is called."""
    return str(PATHS.get(key, key))


def language() -> str:
    """The language in which a playbook's own texts are shown to whoever reads the page."""
    return get_language() or "en"


def in_language(words: Mapping[str, str]) -> str:
    """A playbook's own text, as far as possible in the reader's language."""
    return said(words, language())


def step_kind(key: str) -> tuple[str, str]:
    """A kind of step: what it is called, and its icon; one that is gone has its key."""
    kind = steps.get(key)
    return (_(kind.title), kind.icon) if kind else (key, "puzzle-off")


def collects(key: str) -> bool:
    """Whether a kind of step keeps who has answered."""
    kind = steps.get(key)
    return kind is not None and kind.collects


def finding(found: Finding) -> tuple[str, str]:
    """What was found and how to put it right, in the reader's language."""
    return _(found.sentence) % found.params, _(found.fix) % found.params if found.fix else ""


def worst_first(found: Iterable[Finding]) -> list[Finding]:
    """Errors, then warnings, then hints."""
    order = list(SEVERITIES)
    return sorted(found, key=lambda each: order.index(each.severity))
