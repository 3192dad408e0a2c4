"""Background jobs of the content context."""

from procrastinate.contrib.django import app

from qunce.content import actions


@app.periodic(cron="* * * * *")
@app.task(name="content.read_feeds", queueing_lock="content.read_feeds")
def read_feeds(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Read the feeds whose time has come. Cut off anywhere, what is due stays due."""
    actions.read_due_feeds()


@app.periodic(cron="* * * * * */20")
@app.task(name="content.keep_briefs", queueing_lock="content.keep_briefs")
def keep_briefs(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Propose briefs that can be edited from now on, and send those that are due."""
    actions.keep_briefs()


@app.periodic(cron="* * * * *")
@app.task(name="content.keep_sessions", queueing_lock="content.keep_sessions", lock="content.keep_sessions")
def keep_sessions(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """End sessions that are over, and publish what waited for its authors. Cut off anywhere, the next run goes on."""
    actions.end_due()
    actions.publish_due()
