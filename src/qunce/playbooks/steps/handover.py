"""At the end of a turn: what the next one should know, and that it was kept."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.kernel.actor import SYSTEM
from qunce.playbooks.actions.rotas import settle_turn
from qunce.playbooks.selectors.calls import said_to
from qunce.playbooks.steps._fields import quoted
from qunce.playbooks.steps._turns import Asked, TurnConfig, TurnStep
from qunce.playbooks.types import Branch, Outcome


class HandOver(TurnStep):
    """Who writes a line, or had said yes, has kept their turn."""

    title = gettext_noop("Ask for the handover of a turn")
    icon = "transfer"
    Config = TurnConfig
    paths = ("answered", "silent", "nobody")

    def answered(self, one: Asked, data: dict[str, Any]) -> Outcome:
        """Their line is kept for the next one."""
        said = said_to([data["call"]])[data["call"]]
        note = "\n".join(each.text for each in said.answers)
        settle_turn(actor=SYSTEM, rota_id=one.due.rota_id, day=one.due.day, kept=True, handover=note)
        return Branch("answered", data)

    def silent(self, one: Asked, data: dict[str, Any]) -> Outcome:
        """Without a line it is what they had said before."""
        settle_turn(actor=SYSTEM, rota_id=one.due.rota_id, day=one.due.day, kept=one.due.accepted)
        return Branch("silent", data)

    def summary(self, config: TurnConfig, language: str) -> str:
        """What is asked."""
        return _("Asks whoever had the turn: “%(text)s”") % {"text": quoted(config.text, language)}
