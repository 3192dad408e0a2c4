"""Background jobs of the insights context. What computes is imported when it runs: a start does without it."""

from contextlib import suppress

from procrastinate.contrib.django import app

FILLING = 300
"""A run of the clock's job begins with no further group after so many seconds; the next one goes on."""


@app.periodic(cron="*/10 * * * *")
@app.task(name="insights.fill_series", queueing_lock="insights.fill_series", lock="insights.fill_series")
def fill_series(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Fill the daily series of groups with new or changed days. It may be cut off anywhere: the next run goes on."""
    from qunce.insights.actions import series

    series.fill(seconds=FILLING)


@app.task(name="insights.fill_group")
def fill_group(group_id: int) -> None:
    """Fill the series of a group that somebody looks at; cut off anywhere, the clock's job goes on."""
    from qunce.insights.actions import health, series

    series.fill(group_ids=[group_id])
    health.assess(group_ids=[group_id])


@app.task(name="insights.run_import")
def run_import(import_id: int) -> None:
    """Take a history over; cut off in the middle, it goes on where it was."""
    from qunce.insights.actions import runs

    runs.run_import(import_id=import_id)


@app.task(name="insights.undo_import")
def undo_import(import_id: int) -> None:
    """Take a history back; it may be cut off anywhere and begun again."""
    from qunce.insights.actions import runs

    runs.carry_out_undo(import_id=import_id)


@app.periodic(cron="* * * * *")
@app.task(name="insights.look_after_imports", queueing_lock="insights.look_after_imports")
def look_after_imports(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Begin again what was cut off."""
    from qunce.insights.actions import runs

    runs.look_after_imports()


@app.periodic(cron="25 * * * *")
@app.task(name="insights.assess_health", queueing_lock="insights.assess_health", lock="insights.assess_health")
def assess_health(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Assess the groups that were not assessed for yesterday yet; cut off anywhere, the next run goes on."""
    from qunce.insights.actions.health import assess

    assess()


@app.task(name="insights.assess_past", lock="insights.assess_past")
def assess_past(group_id: int) -> None:
    """Say how well a group was through a past that has just come in, or gone; running it twice does no harm."""
    from qunce.insights.actions import health, series

    series.refill(group_id=group_id)  # people may have been joined together as well
    series.fill(group_ids=[group_id])
    health.assess_past(group_id=group_id)
    health.assess(group_ids=[group_id])


@app.periodic(cron="7 * * * *")
@app.task(name="insights.make_reports", queueing_lock="insights.make_reports", lock="insights.make_report")
def make_reports(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Make the reports whose hour has come; cut off anywhere, the next run makes the rest."""
    from qunce.insights.actions import reports

    reports.make_due()


@app.task(name="insights.make_report")
def make_report(plan_id: int) -> None:
    """Make the first report of a plan; running it twice makes it once."""
    from qunce.insights.actions import reports

    reports.make_report(plan_id=plan_id)


@app.task(name="insights.measure_warning")
def measure_warning(name: str) -> None:
    """Fit and measure an early warning on the history that there is; where that is too little, nothing is kept."""
    from qunce.insights.actions import foresight
    from qunce.kernel.errors import Invalid

    with suppress(Invalid):
        foresight.measure(name=name)


@app.periodic(cron="12 * * * *")
@app.task(name="insights.make_digests", queueing_lock="insights.make_digests", lock="insights.make_digests")
def make_digests(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Make the digests whose hour has come; cut off anywhere, the next run makes the rest."""
    from qunce.insights.actions import digests

    digests.make_due()


@app.task(name="insights.make_digest")
def make_digest(digest_id: int) -> None:
    """Make a digest that somebody asked for."""
    from qunce.insights.actions import digests

    digests.make(digest_id=digest_id)
