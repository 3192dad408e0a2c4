"""What content does about events of the floors beneath."""

from qunce.chat.events import BroadcastPlanned
from qunce.content import actions
from qunce.kernel.events import subscriber

ITEM = "item:"


@subscriber(BroadcastPlanned)
def item_was_sent(event: BroadcastPlanned) -> None:
    """An item that a person sends to groups is used by hand."""
    if event.about.startswith(ITEM):
        actions.note_broadcast(broadcast_id=event.broadcast_id, item_id=int(event.about.removeprefix(ITEM)))
