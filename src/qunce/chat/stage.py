"""The interface of a pipeline stage: what a context does with every batch of new live messages.

Stages run inside the batch's transaction, in the order of settings.INBOUND_STAGES, over messages that were
stored for the first time. They see a whole batch at once and work with a fixed number of statements.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from qunce.chat.types import Content, Planable, Purpose
from qunce.community.types import GroupFacts
from qunce.kernel.folding import normalise_all


@dataclass(slots=True, eq=False)
class NewMessage:
    """A message that has just been stored. ``from_us`` or ``from_bot``: never answered.

    ``to_us``: it mentions one of our accounts. ``reply_to``: the external id of what it answers. ``parts``: as
    stored; None where the text is all there is.
    """

    id: UUID
    group: GroupFacts
    external_id: str
    sent_at: datetime
    identity_id: int
    sender_name: str
    text: str
    from_us: bool
    from_bot: bool
    answered: bool = False
    reply_to: str | None = None
    to_us: bool = False
    parts: str | None = None


@dataclass(slots=True)
class Planned:
    """A delivery to be planned. ``key`` makes it unique: planning it again changes nothing.

    ``operation``: what is to be done in the group instead of sending; the content then says it in words.
    ``not_before``: when it may leave; None: at once.
    """

    key: str
    group_id: int
    content: Content
    purpose: Purpose
    reply_to: str | None
    not_after: datetime | None
    operation: Planable | None = None
    not_before: datetime | None = None


@dataclass(slots=True)
class Inflow:
    """New live messages of one batch, and what the stages make of them."""

    account_id: int
    now: datetime
    revisions: dict[str, int]
    messages: Sequence[NewMessage]
    planned: list[Planned] = field(default_factory=list)
    foreseen: dict[str, Any] = field(default_factory=dict)
    """What stages have worked out in `Stage.foresee`, by their names."""
    _compared: tuple[Sequence[NewMessage], list[str]] = field(default=((), []), repr=False)

    def compared(self) -> list[str]:
        """The texts of the messages as they are compared (`folding.normalise`), made once for all stages."""
        if self._compared[0] is not self.messages:
            self._compared = self.messages, normalise_all([each.text for each in self.messages])
        return self._compared[1]

    def reply(self, to: NewMessage, content: Content, *, key: str, not_after: datetime | None = None) -> None:
        """Answer a message in its group, once per ``key``."""
        to.answered = True
        self.planned.append(Planned(key, to.group.id, content, Purpose.REPLY, to.external_id, not_after))


class Stage(ABC):
    """One context's part of the pipeline. Made once per process; may keep caches by revision."""

    name: ClassVar[str]

    def foresee(self, inflow: Inflow) -> None:
        """Work out what the messages say by themselves, while they are being stored; put it into ``inflow.foreseen``.

        Some of them may turn out to be known. The database is busy meanwhile: whatever is asked of it waits.
        """

    @abstractmethod
    def run(self, inflow: Inflow) -> None:
        """Work on the batch. Raising puts the batch in halves until the message at fault is alone."""
