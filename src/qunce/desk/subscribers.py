"""The desk's part of the pipeline, keyword replies and what needs a person; and what it does about events."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from qunce.chat.events import NotDelivered
from qunce.chat.stage import Inflow, NewMessage, Stage
from qunce.content import actions as content
from qunce.content.types import Ready, Use, UseWay
from qunce.desk import actions, policies, selectors
from qunce.desk.policies import Matcher, Names
from qunce.desk.types import ANSWER_WITHIN, LIKELY_WITHIN, OUR_ACCOUNT, Heard, Hit, Raised, Settled
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.events import subscriber
from qunce.members import selectors as members
from qunce.team import selectors as team

NAMES_LAST = timedelta(minutes=1)


class KeywordReplies(Stage):
    """Answers messages by keyword: one answer per message, never to bots or to us.

    All rules are one matcher, compiled anew when their revision has changed; what they hand on from the library is
    read anew when that has. A message that meets none costs no statement. While the best rule is cooling down in the
    group nothing is said: a farther rule that it overrides does not answer in its place.
    """

    name = "desk"

    def __init__(self) -> None:
        self._revision = (-1, -1)
        self._matcher = Matcher(())
        self._items: dict[int, Ready] = {}

    def foresee(self, inflow: Inflow) -> None:
        """Which rules each message meets."""
        matcher = self._at(inflow.revisions.get(actions.SCOPE, 0), inflow.revisions.get(content.SCOPE, 0))
        earliest = inflow.now - ANSWER_WITHIN
        said = zip(inflow.compared(), inflow.messages, strict=True)
        asking = [
            (text, message)
            for text, message in said
            if not (message.from_us or message.from_bot or message.sent_at < earliest)
        ]
        met = matcher.hits_of([(text, message.group, message.sent_at) for text, message in asking])
        inflow.foreseen[self.name] = {asking[place][1]: hits for place, hits in met.items()}

    def run(self, inflow: Inflow) -> None:
        """Answer what asks by keyword; one statement for the batch where anything is met, one more for items."""
        asking = self._asking(inflow)
        if not asking:
            return
        times = Counter((hit.rule.id, message.group.id) for message, hit in asking)
        turns = actions.use_rules(asked=times, at=inflow.now)
        uses: list[Use] = []
        for message, hit in asking:
            key = (hit.rule.id, message.group.id)
            if key in turns:
                uses += self._answer(inflow, hit, message, turns[key])
                turns[key] += 1
        content.note_uses(uses=uses, at=inflow.now)

    def _asking(self, inflow: Inflow) -> list[tuple[NewMessage, Hit]]:
        """The messages to be answered, in order; of a rule that cools down only the first in each group."""
        met: dict[NewMessage, list[Hit]] = inflow.foreseen[self.name]
        new = set(inflow.messages) if met else ()
        asking: list[tuple[NewMessage, Hit]] = []
        cooling: set[tuple[int, int]] = set()
        for message, hits in met.items():
            group = message.group
            if message not in new or message.answered or hits[0].silent or (hits[0].rule.id, group.id) in cooling:
                continue
            rule = hits[0].rule
            asking.append((message, hits[0]))
            if rule.cooldown_seconds:
                cooling.add((rule.id, group.id))
        return asking

    def _at(self, rules: int, items: int) -> Matcher:
        if (rules, items) != self._revision:
            live = selectors.live_rules()
            if rules != self._revision[0]:
                self._matcher = Matcher(live)
            self._items = selectors.items_of(live)
            self._revision = (rules, items)
        return self._matcher

    def _answer(self, inflow: Inflow, hit: Hit, message: NewMessage, turn: int) -> list[Use]:
        """Say it; returns what of the library goes along."""
        answer = selectors.answer_of(
            hit, turn=turn, name=message.sender_name, group=message.group, at=message.sent_at, items=self._items
        )
        if not answer.content.parts:  # a file alone that cannot reach this platform is nothing to say
            return []
        key = f"rule:{hit.rule.id}:{message.group.id}:{message.external_id}"
        inflow.reply(message, answer.content, key=key, not_after=message.sent_at + ANSWER_WITHIN)
        if answer.item is None:
            return []
        item, place = answer.item, (message.group.id, message.identity_id)
        return [Use(item.item_id, item.version_id, key, UseWay.KEYWORD, *place, answer.token)]


class Matters(Stage):
    """Notices what needs a person, and what later messages settle.

    Looks closer only at messages with a question word or somebody's name in them, and asks the database for
    what may be settled once per batch. The team's names are read anew every minute.
    """

    name = "matters"

    def __init__(self) -> None:
        self._names = Names()
        self._may: dict[int, Actor] = {}
        self._team: frozenset[int] = frozenset()
        self._read_at: datetime | None = None

    def foresee(self, inflow: Inflow) -> None:
        """In which messages there is anything to look closer at."""
        self._read(inflow.now)
        noticed = self._names.noticed(inflow.compared())
        inflow.foreseen[self.name] = {
            message for place, message in enumerate(inflow.messages) if message.to_us or place in noticed
        }

    def run(self, inflow: Inflow) -> None:
        """Raise what needs a person, then settle what this batch answers: a question may be answered in it."""
        noticed = inflow.foreseen[self.name]
        people = [message for message in inflow.messages if not message.from_bot or message.from_us]
        looked = [message for message in people if message in noticed] if noticed else []
        found = [seen for message in looked if (seen := self._looked_at(message))]
        raised = [each for each, waits in found if waits]
        if raised:
            actions.raise_matters(raised=raised)
        asking = {each.id for each, _ in found if each.asks}
        actions.settle(settled=_settled(people, asking))

    def _looked_at(self, message: NewMessage) -> tuple[Raised, bool] | None:
        """The message as a matter, and whether it waits for us; None where it asks nothing and mentions nobody."""
        mentioned = {OUR_ACCOUNT} if message.to_us else set()
        for key in self._names.mentioned(message.text):
            if self._may[key].may(Permission.REPLY, message.group.community_id):
                mentioned.add(key)
        asks = policies.asks(message.text)
        if not asks and not mentioned:
            return None
        told = (message.group.id, message.sent_at, message.id, message.external_id, message.identity_id)
        return Raised(*told, asks, tuple(sorted(mentioned))), self._waits_for_us(message)

    def _waits_for_us(self, message: NewMessage) -> bool:
        """Not what we say, what a keyword has answered, or what somebody of the team asks.

        The team are members who are marked as such, and whoever has the name of somebody who may answer there.
        """
        if message.from_us or message.answered or message.identity_id in self._team:
            return False
        community_id = message.group.community_id
        return not any(
            self._may[key].may(Permission.REPLY, community_id) for key in self._names.are(message.sender_name)
        )

    def _read(self, now: datetime) -> None:
        if self._read_at is None or not self._read_at <= now < self._read_at + NAMES_LAST:
            self._may = {each.id: each for each in team.at_work() if each.id is not None}
            self._team = members.team_identities()
            self._names = Names((each.name, key) for key, each in self._may.items())
            self._read_at = now


def _settled(people: Sequence[NewMessage], asking: Collection[UUID]) -> list[Settled]:
    """What these messages, of whom some are asking, make of the matters of their groups."""
    if not people:
        return []
    pending = selectors.pending(
        group_ids={message.group.id for message in people},
        since=min(message.sent_at for message in people) - LIKELY_WITHIN,
        replied_to={message.reply_to for message in people if message.reply_to},
    )
    groups = {matter.group_id for matter in pending}
    heard: dict[int, list[Heard]] = defaultdict(list)
    for message in people:
        if message.group.id in groups:
            told = (message.sent_at, message.identity_id, message.sender_name, message.reply_to, message.from_us)
            heard[message.group.id].append(Heard(*told, asks=message.id in asking))
    settled = (policies.settled(matter, heard[matter.group_id]) for matter in pending)
    return [each for each in settled if each]


@subscriber(NotDelivered)
def questions_wait_again(event: NotDelivered) -> None:
    """An answer that did not arrive is no answer."""
    actions.answers_were_lost(delivery_ids=[UUID(key) for key in event.ids])
