"""What Qunce can be asked to do, as actions of OneBot 11 and of go-cqhttp's well-known additions to it."""

from collections.abc import Mapping
from html import unescape
from typing import Any, TypeAlias

from qunce.chat.connectors._onebot11_history import digits
from qunce.chat.types import DecideJoin, Mute, MuteAll, Operation, Pin, Remove, SetNotice

Action: TypeAlias = tuple[str, Mapping[str, Any]]

LONGEST_MUTE = 30 * 24 * 3600 - 60
"""Seconds: QQ mutes for less than thirty days, "for good" is as long as that."""


def action(operation: Operation) -> Action | None:
    """The action that does it, with its parameters; None for what QQ cannot do, or not in one action."""
    made: Action | None = None
    match operation:
        case Mute(group, member, seconds):
            duration = LONGEST_MUTE if seconds is None else max(0, min(seconds, LONGEST_MUTE))
            made = "set_group_ban", _of(group, user_id=digits(member), duration=duration)
        case MuteAll(group, on):
            made = "set_group_whole_ban", _of(group, enable=on)
        case Remove(group, member, ban):
            made = "set_group_kick", _of(group, user_id=digits(member), reject_add_request=ban)
        case SetNotice(group, text):
            made = "_send_group_notice", _of(group, content=text, pinned=1, confirm_required=0)
        case Pin(_, external_id, on):
            made = "set_essence_msg" if on else "delete_essence_msg", {"message_id": digits(external_id)}
        case DecideJoin(_, _, accept, reference, reason):
            # Both names of the kind of request: the standard renamed it once.
            asked = {"flag": reference, "sub_type": "add", "type": "add", "approve": accept}
            made = "set_group_add_request", asked if accept else asked | {"reason": reason}
    return made


def announces(notices: object, text: str) -> bool:
    """Whether the latest of a group's announcements says this; QQ's web pages write it as HTML does."""
    known = [each for each in notices if isinstance(each, dict)] if isinstance(notices, list) else []
    latest: Mapping[str, Any] = max(known, key=_published, default={})
    message = latest.get("message")
    said = message.get("text") if isinstance(message, dict) else None
    return isinstance(said, str) and unescape(said).split() == text.split()


def _published(notice: Mapping[str, Any]) -> float:
    at = notice.get("publish_time")
    return at if isinstance(at, int | float) else 0


def _of(group: str, **params: Any) -> dict[str, Any]:
    return {"group_id": digits(group), **params}
