"""Background jobs of the chat context."""

from procrastinate.contrib.django import app

from qunce.chat import actions


@app.task(name="chat.count_again")
def count_again(group_ids: list[int]) -> None:
    """Make the roll-ups of groups true again; running it twice, or again after a crash, does no harm."""
    actions.count_again(group_ids=group_ids)


@app.periodic(cron="* * * * *")
@app.task(name="chat.tidy_up_by_hand", queueing_lock="chat.tidy_up_by_hand")
def tidy_up_by_hand(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Free what somebody took in hand and did not send, and tell carriers what waits for them."""
    actions.tidy_up_by_hand()
