"""The content context's part of the pipeline: sessions by what is said, authors' answers, and suggestions."""

import json
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from qunce.chat.events import BroadcastPlanned
from qunce.chat.stage import Inflow, NewMessage, Stage
from qunce.chat.types import Content, Mention
from qunce.content import actions
from qunce.content.actions.consents import Answered
from qunce.content.actions.sessions import SCOPE
from qunce.content.events import SessionCalled
from qunce.content.policies import hearing
from qunce.content.policies import suggestions as policies
from qunce.content.selectors import sessions as reads
from qunce.content.selectors.sessions import Listening
from qunce.content.types import EndedBy, HeardSuggestion, Words
from qunce.kernel.actor import Actor
from qunce.kernel.errors import Conflict, Invalid
from qunce.kernel.events import publish, subscriber
from qunce.members import selectors as members

_USUAL = Words()
ANSWER_WITHIN = timedelta(minutes=10)


class Sessions(Stage):
    """Looks for the words that begin and end sessions at the beginnings of messages; where none is, nothing is asked.

    What it listens for is read anew when that has changed.
    """

    name = "content"

    def __init__(self) -> None:
        self._revision = -1
        self._now = Listening({}, frozenset(), {})
        self._heard = hearing.Hearing([_USUAL])

    def foresee(self, inflow: Inflow) -> None:
        """Which messages begin with one of the words, or are an answer to being asked."""
        revision = inflow.revisions.get(SCOPE, 0)
        if revision != self._revision:
            self._now, self._revision = reads.listening(), revision
            self._heard = hearing.Hearing([_USUAL, *self._now.words.values()])
        met = {}
        for text, message in zip(inflow.compared(), inflow.messages, strict=True):
            if not message.from_us and not message.from_bot and (heard := self._heard.of(text)):
                met[message] = heard
        inflow.foreseen[self.name] = met

    def run(self, inflow: Inflow) -> None:
        """Begin and end what was called for, in the order of what was said."""
        met = inflow.foreseen[self.name]
        self._note_speakers(inflow)
        if not met:
            return
        new = [message for message in inflow.messages if message in met]
        answers = []
        for message in new:
            heard = met[message]
            if heard.consent is not None and message.group.id in self._now.asking:
                told = (message.group.id, message.identity_id, message.sender_name, heard.consent, message.reply_to)
                answers.append(Answered(*told))
            else:
                self._called(message, heard)
        if answers:
            actions.note_answers(answers=answers)

    def _note_speakers(self, inflow: Inflow) -> None:
        if not self._now.running:
            return
        spoken = [
            (session_id, message.sent_at)
            for message in inflow.messages
            if message.group.id in self._now.running and not message.from_us and not message.from_bot
            for session_id, speakers in [self._now.running[message.group.id]]
            if not speakers or message.identity_id in speakers
        ]
        if spoken:
            actions.note_speaking(spoken=spoken)

    def _called(self, message: NewMessage, heard: hearing.Heard) -> None:
        words = self._now.words.get(message.group.community_id, _USUAL)
        topic = hearing.topic_of(message.text, words.begins) if heard.begins else None
        if topic:
            _begin(message, topic)
        elif heard.ends and hearing.is_end(message.text, words.ends):
            _end(message)


def _begin(message: NewMessage, topic: str) -> None:
    """By our own people; of others it is asked further up whose turn it is."""
    key = f"said:{message.id}"
    if message.identity_id not in members.team_identities():
        publish(SessionCalled(message.group.id, message.identity_id, topic, message.sent_at, key))
        return
    speakers = _mentioned(message)
    try:
        with transaction.atomic():
            actions.begin_called(
                by=message.sender_name,
                group_id=message.group.id,
                topic=topic,
                key=key,
                speaker_ids=speakers,
                began_at=message.sent_at,
            )
    except (Conflict, Invalid):
        return  # another one goes on: what is said belongs to it


def _end(message: NewMessage) -> None:
    row = reads.running_in(message.group.id)
    if row is None or message.sent_at <= row.began_at:
        return
    if message.identity_id in row.speaker_ids or message.identity_id in members.team_identities():
        by = Actor(id=None, name=message.sender_name)
        actions.end_heard(by=by, session_id=row.pk, at=message.sent_at, why=EndedBy.PERSON)


def _mentioned(message: NewMessage) -> list[int]:
    """Whom the message names: they speak."""
    if not message.parts:
        return []
    content = Content.from_json(json.loads(message.parts))
    named = [part.who for part in content.parts if isinstance(part, Mention)]
    return members.identities_of_accounts(message.group.platform, named) if named else []


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


@subscriber(BroadcastPlanned)
def item_was_sent(event: BroadcastPlanned) -> None:
    """An item that a person sends to groups, or that stands in a brief, is used."""
    actions.note_broadcast(broadcast_id=event.broadcast_id, about=event.about)
