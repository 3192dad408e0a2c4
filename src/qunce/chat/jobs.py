"""Background jobs of the chat context."""

from procrastinate.contrib.django import app

from qunce.chat import actions


@app.task(name="chat.count_again")
def count_again(group_ids: list[int]) -> None:
    """Make the roll-ups of groups true again; running it twice, or again after a crash, does no harm."""
    actions.count_again(group_ids=group_ids)
