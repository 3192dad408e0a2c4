"""The desk's part of the pipeline: keyword replies."""

from collections import Counter

from qunce.chat.stage import Inflow, NewMessage, Stage
from qunce.desk import actions, selectors
from qunce.desk.policies import Matcher
from qunce.desk.types import ANSWER_WITHIN, Hit


class KeywordReplies(Stage):
    """Answers messages by keyword: one answer per message, never to bots or to us.

    All rules are one matcher, compiled anew when their revision has changed; a message that meets none costs
    no statement. While the best rule is cooling down in the group nothing is said: a farther rule that it
    overrides does not answer in its place.
    """

    name = "desk"

    def __init__(self) -> None:
        self._revision = -1
        self._matcher = Matcher(())

    def run(self, inflow: Inflow) -> None:
        """Answer what asks by keyword; one statement for the batch where anything is met."""
        asking = self._asking(inflow)
        if not asking:
            return
        times = Counter((hit.rule.id, message.group.id) for message, hit in asking)
        turns = actions.use_rules(asked=times, at=inflow.now)
        for message, hit in asking:
            key = (hit.rule.id, message.group.id)
            if key in turns:
                self._answer(inflow, hit, message, turns[key])
                turns[key] += 1

    def _asking(self, inflow: Inflow) -> list[tuple[NewMessage, Hit]]:
        """The messages to be answered, in order; of a rule that cools down only the first in each group."""
        hits_of = self._at(inflow.revisions.get(actions.SCOPE, 0)).hits
        earliest = inflow.now - ANSWER_WITHIN
        asking: list[tuple[NewMessage, Hit]] = []
        cooling: set[tuple[int, int]] = set()
        for message in inflow.messages:
            if message.from_us or message.from_bot or message.answered or message.sent_at < earliest:
                continue
            group = message.group
            hits = hits_of(message.text, group, message.sent_at)
            if not hits or hits[0].silent or (hits[0].rule.id, group.id) in cooling:
                continue
            rule = hits[0].rule
            asking.append((message, hits[0]))
            if rule.cooldown_seconds:
                cooling.add((rule.id, group.id))
        return asking

    def _at(self, revision: int) -> Matcher:
        if revision != self._revision:
            self._matcher = Matcher(selectors.live_rules())
            self._revision = revision
        return self._matcher

    def _answer(self, inflow: Inflow, hit: Hit, message: NewMessage, turn: int) -> None:
        content = selectors.answer_of(
            hit, turn=turn, name=message.sender_name, group=message.group, at=message.sent_at
        )
        if content.parts:  # a file alone that cannot reach this platform is nothing to say
            inflow.reply(
                message,
                content,
                key=f"rule:{hit.rule.id}:{message.group.id}:{message.external_id}",
                not_after=message.sent_at + ANSWER_WITHIN,
            )
