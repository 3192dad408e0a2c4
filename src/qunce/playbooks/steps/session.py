"""A session of the group: what is said from its beginning to its end is collected and written up."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override
from pydantic import Field

from qunce.chat.types import Content, Mention, Part, Text
from qunce.content import actions as content
from qunce.content.selectors import sessions
from qunce.content.types import EndedBy, Outlet
from qunce.kernel.actor import SYSTEM
from qunce.kernel.errors import Conflict, Invalid
from qunce.kernel.variables import BadTextError
from qunce.members import selectors as members
from qunce.playbooks.actions.sending import BAD_TEXT, Saying, Writer, say
from qunce.playbooks.selectors.rotas import Due, turns_in
from qunce.playbooks.selectors.speakers import Following, following, named_in
from qunce.playbooks.selectors.wording import lasting
from qunce.playbooks.step import Step
from qunce.playbooks.steps._fields import Duration, MaybeDuration, MaybeText, StepConfig, quoted
from qunce.playbooks.steps._fields import Text as Words
from qunce.playbooks.types import Branch, Done, Failed, Outcome, StepRun, WaitFor

GOES_ON = gettext_noop("Another session goes on in this group.")
_PLANS: Mapping[str, tuple[Outlet, ...]] = {
    "": (),
    "group": (Outlet.GROUP,),
    "members": (Outlet.GROUP, Outlet.MEMBERS),
    "site": (Outlet.GROUP, Outlet.MEMBERS, Outlet.SITE),
}


class SessionConfig(StepConfig):
    """What the session is about, who speaks, how long it lasts, and where its write-up goes."""

    topic: Words = Field(title=gettext_noop("Topic"))
    speaker: MaybeText = Field(
        default_factory=dict,
        title=gettext_noop("Who speaks"),
        description=gettext_noop("As they are called in the group; empty: whoever has the turn of the role below."),
    )
    rota: str = Field(
        default="",
        max_length=60,
        title=gettext_noop("Role"),
        description=gettext_noop("Its name as under “Turns”; empty: the first one of the group."),
    )
    open_for: Duration = Field(
        default=timedelta(hours=1),
        alias="for",
        title=gettext_noop("How long at most"),
        description=gettext_noop("It ends earlier by the words that end a session."),
    )
    text: MaybeText = Field(default_factory=dict, title=gettext_noop("What opens it"))
    questions: MaybeText = Field(default_factory=dict, title=gettext_noop("What calls for questions"))
    questions_after: MaybeDuration = Field(
        default=None, alias="questions-after", title=gettext_noop("Call for questions after")
    )
    remind: int = Field(default=0, ge=0, le=5, title=gettext_noop("Remind so many who have the turn next"))
    publish: Literal["", "group", "members", "site"] = Field(
        default="",
        title=gettext_noop("Publish the write-up as far as"),
        description=gettext_noop("Once it is done; beyond the group with what its authors agree to."),
    )


class HoldSession(Step):
    """Waits until the session is over; then what was said becomes a draft."""

    title = gettext_noop("Hold a session, and write it up")
    icon = "microphone-2"
    Config = SessionConfig
    paths = ("ended", "nothing_said")
    needs = ("sessions",)
    speaks = invites = True

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """It begins; when asked again, it is over."""
        first = [each for each in steps if each.woken is None and not each.timed_out]
        outcomes = self._begin(first) if first else {}
        outcomes |= self._call_for_questions([each for each in steps if each.timed_out])
        return [outcomes.get(each.key) or _over(each) for each in steps]

    def _call_for_questions(self, steps: Sequence[StepRun]) -> dict[str, Outcome]:
        """Where the session goes on after that: until its end."""
        ends = {each.key: _end_of(each) for each in steps}
        asking = [each for each in steps if (end := ends[each.key]) is not None and each.now < end]
        if asking:
            writer = Writer(asking)
            say(sayings=[Saying(each, writer.content(each, each.config.questions), "questions") for each in asking])
        return {each.key: WaitFor(f"session:{each.key}", ends[each.key]) for each in asking}

    def _begin(self, steps: Sequence[StepRun]) -> dict[str, Outcome]:
        due = turns_in({(each.key, each.group.id, each.config.rota, _day(each)) for each in steps})
        writer = Writer(steps)
        outcomes = {each.key: self._begun(writer, each, due.get(each.key)) for each in steps}
        begun = [each for each in steps if isinstance(outcomes[each.key], WaitFor)]
        wanted = [each for each in begun if each.config.remind and each.key in due]
        queues = following({(each.key, due[each.key].rota_id, due[each.key].day) for each in wanted})
        sayings = [Saying(each, _content(writer, each)) for each in begun if each.config.text]
        sayings += [Saying(each, _queue(each, queues[each.key]), "next") for each in wanted if queues.get(each.key)]
        if sayings:
            say(sayings=sayings)
        return outcomes

    def _begun(self, writer: Writer, step: StepRun, due: Due | None) -> Outcome:
        try:
            topic = writer.text(step, step.config.topic)
            name = writer.text(step, step.config.speaker) if step.config.speaker else ""
        except BadTextError:
            return Failed(BAD_TEXT)
        until = step.now + step.config.open_for
        try:
            content.begin_session(
                actor=SYSTEM,
                group_id=step.group.id,
                topic=topic,
                key=step.key,
                speaker_ids=_speakers(step, name, due),
                began_at=step.now,
                ends_at=until,
                plan=_PLANS[step.config.publish],
            )
        except Conflict:
            return Done(skipped=GOES_ON)
        except Invalid as error:
            return Failed(str(error))
        after = step.config.questions_after
        pause = after if step.config.questions and after and after < step.config.open_for else step.config.open_for
        return WaitFor(f"session:{step.key}", step.now + pause, {"topic": topic})

    def lasts(self, config: SessionConfig) -> timedelta:
        """As its settings say."""
        return config.open_for

    def summary(self, config: SessionConfig, language: str) -> str:
        """What about, and for how long."""
        return _("Holds the session “%(topic)s” for at most %(time)s, and writes it up") % {
            "topic": quoted(config.topic, language),
            "time": lasting(config.open_for),
        }

    def preview(self, step: StepRun) -> Content | None:
        """What opens it."""
        return _content(Writer([step]), step) if step.config.text else None


def _day(step: StepRun) -> date:
    return step.now.astimezone(step.group.zone).date()


def _content(writer: Writer, step: StepRun) -> Content | None:
    return writer.content(step, step.config.text)


def _speakers(step: StepRun, name: str, due: Due | None) -> list[int]:
    """The identities of who was named, else of who has the turn; none: whoever will say most."""
    if name:
        return named_in(step.group.id, name)
    if due is None:
        return []
    person = members.addressed({(step.group.id, due.member_id)}).get((step.group.id, due.member_id))
    return [person.identity_id] if person else []


def _queue(step: StepRun, queue: Sequence[Following]) -> Content | None:
    """Those who come next, with their days; who wants to be left in peace is not named."""
    people = members.addressed({(step.group.id, each.member_id) for each in queue})
    parts: list[Part] = []
    for each in queue:
        person = people.get((step.group.id, each.member_id))
        if person is None or not person.here or person.unasked or len(parts) >= 2 * step.config.remind:
            continue
        parts += [
            Text("\n"),
            Mention(person.external_id, " ".join(person.name.split())[:60]),
            Text(f" {each.day.month}/{each.day.day}"),
        ]
    if not parts:
        return None
    with override(step.group.language):
        return Content((Text(_("Next in the queue, time to think of a topic:")), *parts))


def _end_of(step: StepRun) -> datetime | None:
    row = sessions.by_key(step.key)
    return row.ends_at if row else None


def _over(step: StepRun) -> Outcome:
    """Ended by somebody's words, or now that its time is over."""
    row = sessions.by_key(step.key)
    if row is None:
        return Branch("nothing_said")
    if step.timed_out:
        row = content.end_heard(by=SYSTEM, session_id=row.pk, at=step.now, why=EndedBy.TIME)
    said = len(sessions.said_in(row))
    return Branch("ended" if said else "nothing_said", {"session": row.pk, "count": said})
