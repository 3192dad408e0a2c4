"""OneBot 11 events in Qunce's vocabulary.

* A group is its QQ group number; a private chat is ``user:`` and the number of who talks to us.
* A message is its ``message_id``. It is a number of 31 bits that implementations make out of QQ's own id, and may
  come again after a very long time; but recalls, replies and every action name a message by nothing else. Messages
  are told apart by group, id and second, so none is lost when a number comes twice.
* Not read: files uploaded to a group as a notice (NapCat and LLOneBot tell them as messages too), muting, new
  administrators, cards, pokes and honours; a member's new card comes with their next message.
"""

from datetime import UTC, datetime
from typing import Any, TypeAlias

from qunce.chat.connectors._onebot11_messages import said
from qunce.chat.types import (
    GroupGone,
    GroupSeen,
    Inbound,
    JoinRequested,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageReceived,
    Sender,
)

Json: TypeAlias = dict[str, Any]

DIRECT = "user:"


def read(event: Json, me: str) -> list[Inbound]:
    """What one event says; nothing for kinds that say nothing to us. Raises ValueError."""
    try:
        match event["post_type"]:
            case "message" | "message_sent":
                return _message(event, me)
            case "notice":
                return _notice(event, me)
            case "request" if event["request_type"] == "group" and event.get("sub_type") == "add":
                return [_wish(event)]
            case str():
                return []
            case _:
                raise ValueError("post_type is no word")
    except KeyError as error:
        raise ValueError(f"{error.args[0]} is missing") from error
    except (AttributeError, OSError, OverflowError, TypeError) as error:
        raise ValueError(str(error)) from error


def _message(event: Json, me: str) -> list[Inbound]:
    if event.get("sub_type") == "notice":  # A line of QQ's own in grey, not said by anybody.
        return []
    text, parts, reply_to = said(event["message"])
    group = _chat(event, me)
    message = MessageReceived(
        group, number(event["message_id"]), moment(event), _sender(event, me), text, parts, reply_to
    )
    if not group.startswith(DIRECT):
        return [message]
    # Only their own messages tell what they are called.
    name = None if message.sender.external_id == me else message.sender.name
    return [GroupSeen(group, name or None, direct=True), message]


def _chat(event: Json, me: str) -> str:
    if event["message_type"] == "group":
        return number(event["group_id"])
    ours = number(event["user_id"]) == me
    return DIRECT + number(event["target_id"] if ours and event.get("target_id") else event["user_id"])


def _sender(event: Json, me: str) -> Sender:
    """Who said it, under the name that the group knows: their card there, else what they call themselves."""
    anonymous = event.get("anonymous")
    if isinstance(anonymous, dict):
        return Sender(f"anonymous:{number(anonymous['id'])}", _name(anonymous, "name"))
    who = number(event["user_id"])
    told = event.get("sender")
    name = _name(told, "card", "nickname") if isinstance(told, dict) else ""
    return Sender(who, name, is_bot=who == me)


def _notice(event: Json, me: str) -> list[Inbound]:
    match event["notice_type"]:
        case "group_increase":
            return [_joined(event, me)]
        case "group_decrease":
            return [_left(event, me)]
        case "group_recall":
            return [MessageDeleted(number(event["group_id"]), number(event["message_id"]), moment(event))]
        case "friend_recall":
            return [MessageDeleted(DIRECT + number(event["user_id"]), number(event["message_id"]), moment(event))]
        case "notify" if event.get("sub_type") == "group_name" and (name := _name(event, "name_new")):
            return [GroupSeen(number(event["group_id"]), name)]
        case _:
            return []


def _joined(event: Json, me: str) -> Inbound:
    group, who = number(event["group_id"]), number(event["user_id"])
    if who == me:
        return GroupSeen(group)
    by = event.get("operator_id")
    invited = event.get("sub_type") == "invite" and by not in {None, 0, "0"} and number(by) != who
    return MemberJoined(group, Sender(who), moment(event), Sender(number(by)) if invited else None)


def _left(event: Json, me: str) -> Inbound:
    group, who = number(event["group_id"]), number(event["user_id"])
    if who != me and event.get("sub_type") != "kick_me":
        return MemberLeft(group, Sender(who), moment(event))
    by = event.get("operator_id")
    return GroupGone(group, number(by) if by not in {None, 0, "0"} and number(by) != me else "")


def _wish(event: Json) -> JoinRequested:
    return JoinRequested(
        number(event["group_id"]),
        Sender(number(event["user_id"])),
        moment(event),
        _name(event, "comment"),
        str(event["flag"]),
    )


def is_invitation(event: Json) -> bool:
    """Whether somebody invites us into a group."""
    kind = (event.get("post_type"), event.get("request_type"), event.get("sub_type"))
    return kind == ("request", "group", "invite")


def member(found: Json) -> Sender:
    """Somebody of a group's list of members."""
    return Sender(number(found["user_id"]), _name(found, "card", "nickname"))


def group_seen(found: Json) -> GroupSeen:
    """A group as the list of groups has it."""
    count = found.get("member_count")
    known = isinstance(count, int) and not isinstance(count, bool) and count > 0
    return GroupSeen(number(found["group_id"]), _name(found, "group_name") or None, None, count if known else None)


def moment(event: Json) -> datetime:
    """The platform's stamp of an event."""
    return since_epoch(event["time"])


def since_epoch(seconds: object) -> datetime:
    """A moment in Unix seconds. Raises TypeError."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise TypeError("time is no number")
    return datetime.fromtimestamp(seconds, UTC)


def number(value: object) -> str:
    """An id as we keep it: implementations write them as numbers or as digits. Raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise ValueError("an id is missing")


def _name(of: Json, *keys: str) -> str:
    """The first of these that says anything."""
    return next((of[key].strip() for key in keys if isinstance(of.get(key), str) and of[key].strip()), "")
