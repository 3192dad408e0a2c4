"""Background jobs of the chat context."""

from procrastinate.contrib.django import app

from qunce.chat import actions


@app.periodic(cron="* * * * * */30")
@app.task(name="chat.watch", queueing_lock="chat.watch")
def watch(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Raise and end the alerts of accounts, gateways and deliveries."""
    actions.watch()


@app.task(name="chat.count_again")
def count_again(group_ids: list[int]) -> None:
    """Make the roll-ups of groups true again; running it twice, or again after a crash, does no harm."""
    actions.count_again(group_ids=group_ids)


@app.periodic(cron="* * * * * */3")
@app.task(name="chat.make_searchable", queueing_lock="chat.make_searchable", lock="chat.make_searchable")
def make_searchable(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Make what was said, changed or taken away a moment ago searchable, portion by portion."""
    while actions.make_searchable():
        pass


@app.periodic(cron="* * * * * */5")
@app.task(name="chat.keep_time", queueing_lock="chat.keep_time", lock="chat.keep_time")
def keep_time(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Send what was planned for now, and release waves. It may be cut off anywhere: what is due stays due."""
    actions.begin_due()
    actions.look_after_waves()


@app.periodic(cron="* * * * *")
@app.task(name="chat.tidy_up_by_hand", queueing_lock="chat.tidy_up_by_hand")
def tidy_up_by_hand(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Free what somebody took in hand and did not send, and tell carriers what waits for them."""
    actions.tidy_up_by_hand()
