"""What playbooks say in groups: texts filled in, fitted to the platform, planned in the ledger."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext_noop

from qunce.chat import actions as chat
from qunce.chat import selectors as chats
from qunce.chat.stage import Planned
from qunce.chat.types import EVERYBODY, OURS, Content, Media, Mention, Part, Planable, Purpose, Text
from qunce.content import selectors as content
from qunce.kernel import files
from qunce.kernel.actor import SYSTEM
from qunce.kernel.errors import NotFound
from qunce.kernel.variables import BadTextError
from qunce.members import selectors as members
from qunce.playbooks.policies import filling
from qunce.playbooks.selectors import calls
from qunce.playbooks.types import Done, Failed, Outcome, StepRun, said
from qunce.team import selectors as team

STILL_FRESH = timedelta(hours=24)
"""What could not be sent for so long (quiet hours, caps, an account away) is not sent any more."""
BAD_TEXT = gettext_noop("A variable of this text is not known: correct the text and publish the playbook again.")
NO_FILE = gettext_noop("The file of this step is not stored here any more.")
NO_ACCOUNT = gettext_noop("None of our accounts is in this group any more.")
NOTHING_TO_SAY = gettext_noop("Nothing of the text was left to say: all that it names is empty.")
LONGEST_NAME = 60


class Writer:
    """Fills in the texts of many steps at once; whatever it reads is read once for all of them."""

    def __init__(self, steps: Sequence[StepRun]) -> None:
        self._steps = steps
        askers = {each.asked_by for each in steps if each.asked_by is not None}
        self._staff = {key: team.actor_by_id(key).name for key in askers}
        self._places = {
            name: chats.places({each.group.id: each.group for each in steps if self._by(each) == name}.values(), name)
            for name in {self._by(each) for each in steps}
        }
        self._answers: dict[str, calls.Said] | None = None
        self._people: Mapping[int, int] | None = None
        self._thanks: Mapping[int, str] | None = None

    def text(self, step: StepRun, words: Mapping[str, str]) -> str:
        """The words in the group's language, filled in. Raises BadTextError."""
        cut = filling.cut(said(words, step.group.language), step.values)
        return filling.filled(cut, self._values(step, cut.variables))

    def content(
        self, step: StepRun, words: Mapping[str, str], *, mention: str = "", media: Media | None = None
    ) -> Content | None:
        """The words as a message; None where they cannot be filled in. ``mention``: ``member`` or ``everybody``."""
        try:
            cut = filling.cut(said(words, step.group.language), step.values)
        except BadTextError:
            return None
        member = None
        if mention == "member" and step.member is not None:
            member = Mention(step.member.external_id, _one_line(step.member.name))
        parts: list[Part] = filling.parts(cut, self._values(step, cut.variables), member)
        if mention == "everybody" and (parts or media):
            parts = [Mention(EVERYBODY, self._place(step).everybody), Text(" "), *parts]
        return Content((*parts, *([media] if media else [])))

    def _place(self, step: StepRun) -> chats.Place:
        return self._places[self._by(step)][step.group.id]

    def _by(self, step: StepRun) -> str:
        return self._staff.get(step.asked_by or 0, "")

    def _values(self, step: StepRun, wanted: frozenset[str]) -> dict[str, str]:
        return {name: self._value(step, name) for name in wanted}

    def _value(self, step: StepRun, name: str) -> str:
        if name == filling.MEMBER:
            return _one_line(step.member.name) if step.member else ""
        if name == filling.THANKS:
            return self._known_thanks().get(step.group.community_id or 0, "")
        if name in step.values:
            return step.values[name]
        if (said_of_group := self._place(step).values.get(name)) is None:
            question, _dot, word = name.rpartition(".")
            return self._of_question(step, question).get(word, "")
        if name == "members" and not said_of_group:
            return str(self._known_people().get(step.group.id, 0))
        return said_of_group

    def _known_people(self) -> Mapping[int, int]:
        """Where the platform does not say how many there are: those we know of."""
        if self._people is None:
            self._people = members.known_counts(SYSTEM, {each.group.id for each in self._steps})
        return self._people

    def _known_thanks(self) -> Mapping[int, str]:
        """Of each community, in its language."""
        if self._thanks is None:
            self._thanks = content.thanks_of([(each.group.community_id, each.group.language) for each in self._steps])
        return self._thanks

    def _of_question(self, step: StepRun, question: str) -> Mapping[str, str]:
        if self._answers is None:
            keys = {str(left["call"]) for each in self._steps for left in each.data.values() if left.get("call")}
            self._answers = calls.said_to(keys)
        answered = self._answers.get(str(step.data.get(question, {}).get("call", "")), calls.NOTHING_SAID)
        return answered.values(step.group.language)


def _one_line(name: str) -> str:
    return " ".join(name.split())[:LONGEST_NAME]


# ------------------------------------------------------------------ planning
@dataclass(frozen=True, slots=True)
class Saying:
    """One message of a step, or an operation with what it does in words. ``part``: tells several of a step apart.

    ``content`` None: it could not be filled in. ``unasked``: whatever began the track, nobody has asked for this.
    """

    step: StepRun
    content: Content | None
    part: str = ""
    operation: Planable | None = None
    reply_to: str | None = None
    unasked: bool = False
    wait: timedelta | None = None
    lasts: timedelta = STILL_FRESH

    @property
    def key(self) -> str:
        """Of its delivery."""
        return f"{self.step.key}:{self.part}" if self.part else self.step.key


def say(*, sayings: Sequence[Saying]) -> dict[str, str]:
    """Plan messages in the caller's transaction; what cannot be sent has its obstacle (a message id) by key.

    What the members of a group have not asked for is a campaign: quiet hours, caps and the attention of a day hold
    over all playbooks. What somebody has begun themselves is answered at once.
    """
    seats = chats.seats_of(list({each.step.group.id for each in sayings}))
    obstacles: dict[str, str] = {}
    by_account: dict[int, list[Planned]] = defaultdict(list)
    for each in sayings:
        account_id, obstacle = seats.get(each.step.group.id, (None, NO_ACCOUNT))
        content, misfit = each.content, BAD_TEXT
        if content is not None:
            content, _remarks, misfit = chats.fit(each.step.group.platform, content)
            misfit = misfit if content.parts else NOTHING_TO_SAY
        obstacle = obstacle or ("" if each.operation else misfit)
        if obstacle or account_id is None or content is None:
            obstacles[each.key] = obstacle or NO_ACCOUNT
        else:
            by_account[account_id].append(_planned(each, content))
    for account_id, planned in sorted(by_account.items()):
        chat.plan(account_id=account_id, planned=planned)
    return obstacles


def not_said(obstacle: str) -> Outcome:
    """What becomes of a step that an obstacle keeps from speaking: where there is nothing to say it is left out."""
    return Done(skipped=obstacle) if obstacle == NOTHING_TO_SAY else Failed(obstacle)


def _planned(saying: Saying, content: Content) -> Planned:
    step = saying.step
    begins = step.now + saying.wait if saying.wait else None
    asked_for = (step.by_member and not saying.unasked) or saying.operation is not None
    return Planned(
        saying.key,
        step.group.id,
        content,
        Purpose.SERVICE if asked_for else Purpose.CAMPAIGN,
        saying.reply_to,
        (begins or step.now) + saying.lasts,
        operation=saying.operation,
        not_before=begins,
    )


def attached(*, sha256: str) -> Media:
    """A stored file as part of a message. Raises NotFound where it is not stored here."""
    if not files.is_stored(sha256):
        raise NotFound
    stored = files.stored(sha256)
    kind = "image" if stored.content_type in files.PICTURES else "file"
    return Media(kind, f"{OURS}{stored.sha256}", stored.name, stored.content_type, stored.size)
