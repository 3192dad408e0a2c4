"""What the insights context does about events. What computes is imported when it runs: a start does without it."""

from procrastinate.contrib.django import app

from qunce.insights.events import HistoryImported, HistoryUndone
from qunce.kernel.events import subscriber


@subscriber(HistoryImported)
def days_came_in(event: HistoryImported) -> None:
    """The group's series are filled anew: people may have been joined together as well."""
    app.configure_task("insights.refill_series").defer(group_id=event.group_id)


@subscriber(HistoryUndone)
def days_went(event: HistoryUndone) -> None:
    """The group's series are filled anew."""
    app.configure_task("insights.refill_series").defer(group_id=event.group_id)
