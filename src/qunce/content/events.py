"""What happens in the content context."""

from dataclasses import dataclass
from datetime import datetime

from qunce.kernel.events import Event


@dataclass(frozen=True)
class SessionEnded(Event):
    """A session is over: its messages can be written up. ``said``: how many messages people sent in it."""

    session_id: int
    key: str
    said: int


@dataclass(frozen=True)
class SessionCalled(Event):
    """Somebody who is not of the team has said the words that begin a session; it begins if it is their turn."""

    group_id: int
    identity_id: int
    topic: str
    at: datetime
    key: str
