"""What could not be processed, as it is kept for people to look at."""

from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from qunce.chat.actions import messages
from qunce.chat.types import Inbound


class StageFailedError(Exception):
    """A stage raised; the cause is its error."""

    def __init__(self, stage: str) -> None:
        super().__init__(stage)
        self.stage = stage


def sentence(error: BaseException) -> str:
    """What went wrong, in one line or a few."""
    cause = error.__cause__ if isinstance(error, StageFailedError) and error.__cause__ else error
    return messages.clean(f"{type(cause).__name__}: {cause}")[:2000]


def as_json(event: Inbound) -> dict[str, Any]:
    """An event as it is stored, texts cut."""
    return {"is": type(event).__name__, **_plain(event)}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return messages.clean(value)[:4000] if isinstance(value, str) else value


def as_raw(raw: Any) -> dict[str, Any]:
    """What a connector could not read, as it is stored."""
    return {"is": "unreadable", "raw": messages.clean(str(raw))[:4000]}
