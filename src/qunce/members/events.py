"""What happens to members, for the floors above."""

from dataclasses import dataclass
from datetime import datetime

from qunce.kernel.events import Event


@dataclass(frozen=True)
class MemberTagged(Event):
    """These tags, which the member did not have, were put on them."""

    member_id: int
    tags: list[str]
    at: datetime
