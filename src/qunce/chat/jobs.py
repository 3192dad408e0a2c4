"""Background jobs of the chat context."""

from procrastinate.contrib.django import app

from qunce.chat import actions


@app.task(name="chat.count_again")
def count_again(group_ids: list[int]) -> None:
    """Make the roll-ups of groups true again; running it twice, or again after a crash, does no harm."""
    actions.count_again(group_ids=group_ids)


@app.periodic(cron="* * * * * */5")
@app.task(name="chat.keep_time", queueing_lock="chat.keep_time", lock="chat.keep_time")
def keep_time(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Send what was planned for now, and release waves. It may be cut off anywhere: what is due stays due."""
    actions.begin_due()
    actions.look_after_waves()
