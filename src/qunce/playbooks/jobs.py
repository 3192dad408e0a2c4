"""Background jobs of the playbooks context."""

from typing import Any

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from qunce.kernel import clock
from qunce.kernel.outside import AwayError
from qunce.playbooks import actions
from qunce.playbooks.actions.rehearsals import REHEARSE, carry_out_rehearsal
from qunce.playbooks.actions.waking import MOVE
from qunce.playbooks.actions.webhooks import MOST_ATTEMPTS, POST, Posting, post


@app.periodic(cron="* * * * * */5")
@app.task(name="playbooks.keep_time", queueing_lock="playbooks.keep_time")
def keep_time(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Let targets begin, and move on what is due. Several workers may; cut off anywhere, what is due stays due."""
    _go()
    actions.close_due(now=clock.now())


@app.periodic(cron="* * * * * 40")
@app.task(name="playbooks.watch", queueing_lock="playbooks.watch")
def watch(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Raise and end the alerts of steps that have failed, and wake what a crash has kept asleep."""
    actions.watch()
    actions.wake_above()


@app.task(name=MOVE, queueing_lock=MOVE)
def move() -> None:
    """The same at once: somebody has begun a run, or what a track waits for has happened."""
    _go()


@app.task(
    name=POST,
    pass_context=True,
    retry=RetryStrategy(max_attempts=MOST_ATTEMPTS, exponential_wait=4, retry_exceptions=[AwayError]),
)
def post_webhook(context: JobContext, key: str, url: str, community_id: int, told: dict[str, Any]) -> None:
    """Call another program for a step; where it is away, again after 4, 16, 64 … seconds."""
    last = context.job is None or context.job.attempts >= MOST_ATTEMPTS - 1
    post(posting=Posting(key, url, community_id, told), last=last)


@app.task(name=REHEARSE)
def rehearse(rehearsal_id: int) -> None:
    """Rehearse what a person has asked for, in a process of its own."""
    carry_out_rehearsal(rehearsal_id=rehearsal_id)


def _go() -> None:
    actions.look_for_starts()
    while actions.advance():
        pass


@app.periodic(cron="20 * * * *")
@app.task(name="playbooks.plan_turns", queueing_lock="playbooks.plan_turns")
def plan_turns(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Make the turns of the weeks to come; what is made stays."""
    actions.plan_turns()
