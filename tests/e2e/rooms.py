"""What stands in the rooms of the story, as their hosts see it."""

from collections import Counter

from tests.support.synapse import at_once

ROOMS, MEMBERS = 30, 60
SIGN_UP = "怎么报名?"


def ours(room):
    """What our account said in a room and did not take back: the events."""
    return [event for event in room.host.messages(room.id) if event["sender"] == room.account.id]


def is_reply(event):
    """Whether it answers a message; other relations of these tests are edits."""
    return "m.in_reply_to" in event["content"]["m.relates_to"]


def answers_to(room, event_id):
    """Our answers to one message."""
    return [
        event["content"]["body"]
        for event in ours(room)
        if event["content"].get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id") == event_id
    ]


def everything_is_recorded_once(story):
    """Every message of every room, ours too, is in the product exactly once."""
    said = Counter()
    for events in at_once([lambda room=room: room.host.messages(room.id) for room in story.rooms]):
        said.update(
            event["event_id"] for event in events if "m.relates_to" not in event["content"] or is_reply(event)
        )
    recorded = Counter(
        key for (key,) in story.product.rows("SELECT external_id FROM chat_message WHERE deleted_at IS NULL")
    )
    assert not [key for key, times in recorded.items() if times > 1]
    return set(said) == set(recorded)
