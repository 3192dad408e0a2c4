"""Background jobs of the playbooks context."""

from procrastinate.contrib.django import app

from qunce.playbooks import actions
from qunce.playbooks.actions.waking import MOVE


@app.periodic(cron="* * * * * */5")
@app.task(name="playbooks.keep_time", queueing_lock="playbooks.keep_time")
def keep_time(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Let targets begin, and move on what is due. Several workers may; cut off anywhere, what is due stays due."""
    _go()


@app.task(name=MOVE, queueing_lock=MOVE)
def move() -> None:
    """The same at once: somebody has begun a run, or what a track waits for has happened."""
    _go()


def _go() -> None:
    actions.look_for_starts()
    while actions.advance():
        pass
