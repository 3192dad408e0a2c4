"""Background jobs of the content context."""

from procrastinate.contrib.django import app


@app.periodic(cron="* * * * *")
@app.task(name="content.keep_sessions", queueing_lock="content.keep_sessions", lock="content.keep_sessions")
def keep_sessions(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """End sessions that are over, and publish what waited for its authors. Cut off anywhere, the next run goes on."""
    from qunce.content import actions

    actions.end_due()
    actions.publish_due()
