"""The content context's part of the pipeline."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import override

from qunce.chat.stage import Inflow, NewMessage, Stage
from qunce.chat.types import Content
from qunce.content import actions
from qunce.content.policies import suggestions as policies
from qunce.content.types import HeardSuggestion

ANSWER_WITHIN = timedelta(minutes=10)


class SuggestionWords(Stage):
    """Keeps what members suggest by beginning a message so, and thanks them once; never bots or us.

    One look at how each message begins: where none begins so, nothing is asked of the database.
    """

    name = "suggestions"

    def foresee(self, inflow: Inflow) -> None:
        """Which messages begin like a suggestion."""
        compared = zip(inflow.compared(), inflow.messages, strict=True)
        inflow.foreseen[self.name] = [
            message
            for text, message in compared
            if text.startswith(policies.BEGINNINGS) and not message.from_us and not message.from_bot
        ]

    def run(self, inflow: Inflow) -> None:
        """Keep those that are new, and say so."""
        begun: list[NewMessage] = inflow.foreseen[self.name]
        if not begun:
            return
        new = set(inflow.messages)
        made = {each: said for each in begun if each in new and (said := policies.suggested(each.text))}
        fresh = actions.hear(
            heard=[
                HeardSuggestion(
                    community_id=each.group.community_id,
                    group_id=each.group.id,
                    external_id=each.external_id,
                    sent_at=each.sent_at,
                    identity_id=each.identity_id,
                    name=each.sender_name,
                    text=said,
                )
                for each, said in made.items()
            ]
        )
        for each in made:
            if not each.answered and each.sent_at >= inflow.now - ANSWER_WITHIN:
                self._thank(inflow, each, new=fresh[each.group.id, each.external_id])

    def _thank(self, inflow: Inflow, message: NewMessage, *, new: bool) -> None:
        with override(message.group.language):
            said = (
                _("Thank you, the team has your suggestion. You will be told what becomes of it.")
                if new
                else _("The team has this suggestion of yours already. You will be told what becomes of it.")
            )
        inflow.reply(
            message,
            Content.of(said),
            key=f"suggestion:{message.group.id}:{message.external_id}",
            not_after=message.sent_at + ANSWER_WITHIN,
        )
