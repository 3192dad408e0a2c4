"""Whoever has the turn is called; where they do not answer, the next in order stands in."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field

from qunce.playbooks.actions.rotas import accept_turn, stand_in
from qunce.playbooks.policies.turn_words import taken
from qunce.playbooks.selectors.calls import said_to
from qunce.playbooks.selectors.rotas import Due
from qunce.playbooks.steps._fields import quoted
from qunce.playbooks.steps._turns import Asked, TurnConfig, TurnStep, asked_again
from qunce.playbooks.types import Branch, Outcome, StepRun, WaitFor


class HostConfig(TurnConfig):
    """Who is called, and how many may be asked in their place."""

    stand_ins: int = Field(
        default=2, ge=0, le=10, alias="stand-ins", title=gettext_noop("How many others may be asked")
    )


class CallHost(TurnStep):
    """Their answer is their yes, unless it says that they cannot; a few others are asked before nobody is found."""

    title = gettext_noop("Call whoever has the turn")
    icon = "user-star"
    Config = HostConfig
    paths = ("answered", "nobody")
    hears_words = True

    def answered(self, one: Asked, data: dict[str, Any]) -> Outcome:
        """They do it; or they cannot, and the next one is asked at once."""
        said = said_to([data["call"]])[data["call"]].answers
        if said and taken(said[0].text) is False:
            return self._next(one.step, one.due, data, one.member_id)
        accept_turn(rota_id=one.due.rota_id, day=one.due.day, member_id=one.member_id)
        return Branch("answered", data)

    def silent(self, one: Asked, data: dict[str, Any]) -> Outcome:
        """The next one is asked, unless they said on their own page that they do it."""
        if one.due.accepted and one.due.member_id == one.member_id:
            return Branch("answered", data)
        return self._next(one.step, one.due, data, one.member_id)

    def absent(self, step: StepRun, due: Due | None, left: Any) -> Outcome:
        """Somebody who is there is asked in their place."""
        if due is None:
            return Branch("nobody")
        kept = {"rota": due.rota_id, "day": due.day.isoformat(), "times": int(left.get("times", 0))}
        return self._next(step, due, kept, int(left.get("member") or due.member_id))

    def _next(self, step: StepRun, due: Due, data: dict[str, Any], silent: int) -> Outcome:
        times = data["times"] + 1
        if times > step.config.stand_ins:
            return Branch("nobody", data)
        found = stand_in(rota_id=due.rota_id, day=due.day, instead_of=silent)
        if found is None:
            return Branch("nobody", data)
        outcome = asked_again(step, found, times, hears_words=True)
        if isinstance(outcome, WaitFor):
            return WaitFor(outcome.event, outcome.until, {**data, **outcome.data, "times": times, "member": found})
        return Branch("nobody", data)

    def summary(self, config: HostConfig, language: str) -> str:
        """Whom it calls, and what it says."""
        return _("Calls whoever has the turn: “%(text)s”") % {"text": quoted(config.text, language)}
