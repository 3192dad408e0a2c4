"""The interface of a step: one thing that a playbook does. One file each in ``playbooks/steps/``."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from pydantic import BaseModel

from qunce.chat.types import Content, Operation
from qunce.kernel.registry import Registry
from qunce.playbooks.types import Audience, Finding, Outcome, StepRun, StepSpec


class Step(ABC):
    """What is done, for many tracks at once.

    The engine owns everything around it: the claim, the clock, retries, what was carried out, and where the track
    goes on. A rehearsal runs the same code with another clock.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    """What the editor offers: a message id, an imperative."""
    icon: ClassVar[str]
    """Of Tabler's icons, without ``ti-``."""
    Config: ClassVar[type[BaseModel]]
    """Its fields, with labels as titles (message ids); the editor's form and the checks are made from it."""
    audiences: ClassVar[frozenset[Audience]] = frozenset(Audience)
    paths: ClassVar[Sequence[str]] = ()
    """The outcomes that it tells apart; a playbook may have steps of their own for each."""
    needs: ClassVar[Sequence[str]] = ()
    """Parts of the product it cannot do without; while one is missing it is offered nowhere."""
    speaks: ClassVar[bool] = False
    """Whether members see it in the group: it counts for quiet hours, caps and the load of a day."""
    invites: ClassVar[bool] = False
    """Whether it invites members to answer or take part."""
    collects: ClassVar[bool] = False
    """Whether it keeps who has answered what, for texts and conditions of later steps."""

    operations: ClassVar[Collection[type[Operation]]] = ()
    """What the platform must be able to do; where it is not, the step is left out."""

    @abstractmethod
    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """Carry it out for each, within the engine's transaction; as many outcomes, in the same order.

        It may be called again for the same ``key``: whatever it makes carries that key. Raising puts the set in
        halves until the one at fault is alone.
        """

    @abstractmethod
    def summary(self, config: Any, language: str) -> str:
        """What it does with this config, in a line for timelines, in the reader's language.

        ``language``: of the texts of the playbook that are quoted in it.
        """

    def preview(self, step: StepRun) -> Content | None:
        """What the group would see, for previews; None where it sees nothing."""
        del step
        return None

    def minutes(self, config: Any) -> int:
        """How many minutes of a person's time one execution takes."""
        del config
        return 0

    def lasts(self, config: Any) -> timedelta:
        """How long it takes at the longest until the track goes on."""
        del config
        return timedelta()

    def person(self, config: Any) -> str | None:
        """Whom of the team it needs: by mail address, anybody who works there (empty), or nobody (None)."""
        del config
        return None

    def ends(self, config: Any) -> bool:
        """Whether nothing comes after it."""
        del config
        return False

    def check(self, spec: StepSpec, config: Any, homes: Collection[int]) -> Iterable[Finding]:
        """What is wrong with it that its Config alone does not tell. ``homes``: the communities that it is for."""
        del spec, config, homes
        return ()


steps: Registry[Step] = Registry(Step, "steps")  # type: ignore[type-abstract]
