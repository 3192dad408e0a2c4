"""The interface of a trigger: when targets begin a playbook. One file each in ``playbooks/triggers/`` and above."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel

from qunce.chat.stage import NewMessage
from qunce.community.types import GroupFacts
from qunce.kernel.events import Event
from qunce.kernel.registry import Registry
from qunce.playbooks.types import Audience, Start


class Trigger(ABC):
    """Looks for targets of a run that begin: every few seconds, between the last look and now.

    What it finds twice begins once: a track is unique by run, group, member and occurrence.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    """What the editor offers: a message id."""
    icon: ClassVar[str]
    Config: ClassVar[type[BaseModel]]
    audiences: ClassVar[frozenset[Audience]] = frozenset(Audience)
    needs: ClassVar[Sequence[str]] = ()
    with_run: ClassVar[bool] = False
    """Whether every target begins when the run begins, and a group that joins later when it joins: the engine finds
    them without asking. Such a run ends when all its tracks are through; others end when a person stops them."""
    by_member: ClassVar[bool] = False
    """Whether it is something that members do themselves: what their track then says to them is no campaign."""
    recurs: ClassVar[bool] = False
    """Whether the same target may begin again and again: the run then has no natural end."""
    by_clock: ClassVar[bool] = False
    """Whether ``starts`` goes by the clock alone: then calendars show what will begin."""

    @abstractmethod
    def sentence(self, config: Any, language: str) -> str:
        """When it begins, in the reader's language."""

    def starts(
        self, config: Any, groups: Sequence[GroupFacts], audience: Audience, since: datetime, until: datetime
    ) -> Sequence[Start]:
        """Who begins because of what happened after ``since``, up to and including ``until``."""
        del config, groups, audience, since, until
        return ()

    def caught(self, config: Any, event: Event, groups: Sequence[GroupFacts], audience: Audience) -> Sequence[Start]:
        """Who begins because of an event of a lower floor; ``subscribers`` hands on what some trigger catches."""
        del config, event, groups, audience
        return ()

    def hears(self, config: Any, message: NewMessage) -> bool:
        """Whether a new message makes its author, or its group, begin. Asked for every message: be quick."""
        del config, message
        return False


triggers: Registry[Trigger] = Registry(Trigger, "triggers")  # type: ignore[type-abstract]
