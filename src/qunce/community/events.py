"""What happens to communities and groups, for the floors above."""

from dataclasses import dataclass
from datetime import datetime

from qunce.kernel.events import Event


@dataclass(frozen=True)
class GroupsAdopted(Event):
    """These groups are now in this community: newly, or moved there from another one."""

    community_id: int
    group_ids: list[int]


@dataclass(frozen=True)
class GroupsReleased(Event):
    """These groups are in no community any more; their history stays."""

    group_ids: list[int]


@dataclass(frozen=True)
class GroupsArchived(Event):
    """These groups are no longer read or served, until they are restored."""

    group_ids: list[int]


@dataclass(frozen=True)
class GroupsRestored(Event):
    """These groups are read and served again."""

    group_ids: list[int]


@dataclass(frozen=True)
class GroupsTagged(Event):
    """One of these tags at least is new on each of the groups; ``new``: which, by the group's id."""

    new: dict[int, list[str]]
    at: datetime


@dataclass(frozen=True)
class CommunityZoneChanged(Event):
    """Days of this community now begin at another moment; what is counted by day is to be counted again."""

    community_id: int
    zone: str


@dataclass(frozen=True)
class NoticeChanged(Event):
    """Something that may occur in the notice of this community's groups is different now."""

    community_id: int
