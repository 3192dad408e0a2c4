"""The interface of a condition: something that holds of a group or member, or not. One file each in ``conditions/``.

Used by branches and filters of playbooks, and by everything that chooses people.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext_noop
from pydantic import BaseModel, ConfigDict, Field

from qunce.kernel.registry import Registry


@dataclass(frozen=True, slots=True)
class Subject:
    """A group, or a member in a group, of whom something is asked."""

    group_id: int
    member_id: int | None = None
    identity_id: int | None = None


class ConditionConfig(BaseModel):
    """The Config of a condition: a field that it does not have is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TagsConfig(ConditionConfig):
    """Which tag; with several separated by commas one is enough."""

    tag: str = Field(
        min_length=1,
        max_length=400,
        title=gettext_noop("Tag"),
        description=gettext_noop("Of several, separated by commas, one is enough."),
    )

    @property
    def tags(self) -> list[str]:
        """Each of them."""
        return [each for part in self.tag.replace("，", ",").split(",") if (each := part.strip())]


class Condition(ABC):
    """One statement for all subjects, however many there are."""

    key: ClassVar[str]
    title: ClassVar[str]
    """What an editor offers: a message id."""
    Config: ClassVar[type[BaseModel]]
    of_members: ClassVar[bool] = True
    of_groups: ClassVar[bool] = False
    needs: ClassVar[Sequence[str]] = ()

    @abstractmethod
    def sentence(self, config: Any) -> str:
        """What holds, in the reader's language: "has the tag “vip”"."""

    @abstractmethod
    def holding(self, config: Any, subjects: Collection[Subject], now: datetime) -> set[Subject]:
        """Those of the subjects for whom it holds at ``now``."""


conditions: Registry[Condition] = Registry(Condition, "conditions")  # type: ignore[type-abstract]
