"""Ids of Matrix events that are written without one: since room version 3 an id is a hash of the event.

What is hashed is the event as it is after a redaction, without signatures; a message's content is empty then.
"""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

_KEPT = (
    "type",
    "room_id",
    "sender",
    "state_key",
    "hashes",
    "depth",
    "prev_events",
    "auth_events",
    "origin_server_ts",
)
_KEPT_BEFORE_11 = ("prev_state", "origin", "membership")


def event_id(event: Mapping[str, Any], room_version: str) -> str:
    """The id of a message, as its room's homeservers know it."""
    given = event.get("event_id")
    if isinstance(given, str) and given:
        return given
    kept = _KEPT if room_version.isdecimal() and int(room_version) >= 11 else _KEPT + _KEPT_BEFORE_11  # noqa: PLR2004
    hashed = {key: event[key] for key in kept if key in event} | {"content": {}}
    written = json.dumps(hashed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    encode = b64encode if room_version == "3" else urlsafe_b64encode
    return f"${encode(sha256(written).digest()).decode().rstrip('=')}"
