"""What the insights context does about events. What computes is imported when it runs: a start does without it."""

from procrastinate.contrib.django import app

from qunce.content.events import SessionEnded
from qunce.insights.events import HistoryImported, HistoryUndone
from qunce.kernel.events import subscriber


@subscriber(HistoryImported)
def a_past_is_assessed(event: HistoryImported) -> None:
    """How well the group was in the history that has come in."""
    _assess_past_soon(event.group_id)


@subscriber(HistoryUndone)
def a_past_is_gone(event: HistoryUndone) -> None:
    """What was said of a history that is gone holds no more."""
    _assess_past_soon(event.group_id)


def _assess_past_soon(group_id: int) -> None:
    app.configure_task("insights.assess_past").defer(group_id=group_id)


@subscriber(SessionEnded)
def a_session_is_drafted(event: SessionEnded) -> None:
    """What was said becomes a draft that scribes go on with."""
    from qunce.insights.actions.writeups import draft_session

    draft_session(session_id=event.session_id)
