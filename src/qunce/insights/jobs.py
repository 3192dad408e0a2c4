"""Background jobs of the insights context. What computes is imported when it runs: a start does without it."""

from procrastinate.contrib.django import app

FILLING = 300
"""A run of the clock's job begins with no further group after so many seconds; the next one goes on."""


@app.periodic(cron="*/10 * * * *")
@app.task(name="insights.fill_series", queueing_lock="insights.fill_series", lock="insights.fill_series")
def fill_series(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Fill the daily series of groups with new or changed days. It may be cut off anywhere: the next run goes on."""
    from qunce.insights.actions.series import fill

    fill(seconds=FILLING)
