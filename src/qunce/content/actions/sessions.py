"""Sessions: begun, ended, drafted, and written up by scribes."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from qunce.chat import actions as chat
from qunce.chat import selectors as chats
from qunce.chat.stage import Planned
from qunce.chat.types import Content, Mention, Part, Purpose, Text
from qunce.community import selectors as community
from qunce.content.events import SessionEnded
from qunce.content.models import Session
from qunce.content.policies import drafts
from qunce.content.policies.drafts import Edit
from qunce.content.selectors import sessions as reads
from qunce.content.types import Draft, EndedBy, Outlet, SessionState, Words
from qunce.content.types.sessions import LONGEST_SESSION, LONGEST_TOPIC
from qunce.kernel import audit, clock, live, locks, revisions
from qunce.kernel.actor import SYSTEM, Actor, Permission
from qunce.kernel.errors import Conflict, Invalid
from qunce.kernel.events import publish
from qunce.kernel.words import listed
from qunce.members import selectors as members
from qunce.members.selectors import Visit

SCOPE = "sessions"
"""The revision that changes with what the stage listens for."""
TOPIC = "sessions"
"""Live topic of the list; each session has ``session:<id>``."""
AN_HOUR = timedelta(hours=1)


# ------------------------------------------------------------------ beginning
@transaction.atomic
def begin_session(
    *,
    actor: Actor,
    group_id: int,
    topic: str,
    key: str,
    speaker_ids: Collection[int] = (),
    began_at: datetime | None = None,
    ends_at: datetime | None = None,
    plan: Collection[str] = (),
) -> Session:
    """Begin a session in a group, from now or from ``began_at`` on. The same ``key`` begins it once.

    Conflict where another one goes on there, or went on at that time. Needs an operator of the group.
    """
    community.group(actor, group_id, Permission.OPERATE)
    return _begin(
        actor,
        group_id=group_id,
        topic=topic,
        key=key,
        speaker_ids=speaker_ids,
        began=began_at or clock.now(),
        ends_at=ends_at,
        plan=plan,
    )


@transaction.atomic
def begin_called(
    *, by: str, group_id: int, topic: str, key: str, speaker_ids: Collection[int], began_at: datetime
) -> Session:
    """The same by the words of somebody in the group, of whom the caller knows that they may."""
    return _begin(
        Actor(id=None, name=by),
        group_id=group_id,
        topic=topic,
        key=key,
        speaker_ids=speaker_ids,
        began=began_at,
        ends_at=None,
        plan=(),
    )


def _begin(
    by: Actor,
    *,
    group_id: int,
    topic: str,
    key: str,
    speaker_ids: Collection[int],
    began: datetime,
    ends_at: datetime | None,
    plan: Collection[str],
) -> Session:
    home = community.rooms([group_id])[group_id]
    locks.name(f"session:{group_id}")
    if (known := reads.by_key(key)) is not None:
        return known
    if home.community_id is None:
        raise Invalid(_("This group is in no community."), field="group")
    _require_free(group_id, began, None)
    row = _new(home.community_id, group_id=group_id, topic=topic, key=key, speaker_ids=speaker_ids, began=began)
    row.ends_at, row.plan = ends_at, [Outlet(each) for each in plan]
    row.begun_by, row.begun_by_name = by.id, by.name
    row.save()
    revisions.bump(SCOPE)
    _note(by, row, "session.begun", gettext_noop("%(actor)s began the session “%(topic)s”."))
    return row


@transaction.atomic
def take_past(
    *,
    actor: Actor,
    group_id: int,
    topic: str,
    key: str,
    since: datetime,
    until: datetime,
    speaker_ids: Collection[int] = (),
) -> Session:
    """Take a stretch of the past for a session: from the message at ``since`` to that at ``until``, both included.

    Needs an operator of the group.
    """
    home = community.group(actor, group_id, Permission.OPERATE)
    if not since < until <= clock.now():
        raise Invalid(_("The end comes after the beginning, and not in the future."), field="until")
    if until - since > LONGEST_SESSION:
        raise Invalid(_("A session lasts twelve hours at most."), field="until")
    locks.name(f"session:{group_id}")
    if (known := reads.by_key(key)) is not None:
        return known
    if home.community_id is None:
        raise Invalid(_("This group is in no community."), field="group")
    _require_free(group_id, since, until)
    little = timedelta(microseconds=1)
    row = _new(
        home.community_id, group_id=group_id, topic=topic, key=key, speaker_ids=speaker_ids, began=since - little
    )
    row.begun_by, row.begun_by_name = actor.id, actor.name
    _note_end(row, until + little, EndedBy.PERSON)
    row.save()
    _tell_end(row)
    _note(actor, row, "session.taken", gettext_noop("%(actor)s took the session “%(topic)s” from what was said."))
    return row


def _new(
    community_id: int, *, group_id: int, topic: str, key: str, speaker_ids: Collection[int], began: datetime
) -> Session:
    said = " ".join(topic.split()).strip("《》“”\"' ")[:LONGEST_TOPIC]
    if not said:
        raise Invalid(_("A session has a topic."), field="topic")
    return Session(
        community_id=community_id,
        group_id=group_id,
        key=key,
        topic=said,
        speaker_ids=sorted(set(speaker_ids)),
        began_at=began,
        spoke_at=began,
        changed_at=clock.now(),
        scribe_ids=sorted(reads.usual_scribes(community_id)),
    )


def _require_free(group_id: int, since: datetime, until: datetime | None) -> None:
    there = Session.objects.filter(group_id=group_id).exclude(state=SessionState.AWAY)
    there = there.filter(Q(ended_at=None) | Q(ended_at__gt=since))
    if until is not None:
        there = there.filter(began_at__lt=until)
    if (other := there.first()) is not None:
        raise Conflict(
            _("“%(topic)s” is a session of this group at that time.") % {"topic": other.topic},
            fix=_("One session at a time: end that one first, or choose another stretch."),
        )


# ------------------------------------------------------------------ ending
@transaction.atomic
def end_session(*, actor: Actor, session_id: int) -> Session:
    """End a session now. Ending one that is over changes nothing. Needs an operator."""
    reads.session(actor, session_id, Permission.OPERATE)
    return end_heard(by=actor, session_id=session_id, at=clock.now(), why=EndedBy.PERSON)


@transaction.atomic
def end_heard(*, by: Actor, session_id: int, at: datetime, why: EndedBy) -> Session:
    """The same in the caller's transaction for what runs, who has asked whether it may be ended."""
    row = locks.row(Session, session_id)
    if row.state != SessionState.RUNNING:
        return row
    _note_end(row, max(at, row.began_at), why)
    row.save()
    revisions.bump(SCOPE)
    _tell_end(row)
    sentence = {
        EndedBy.PERSON: gettext_noop("%(actor)s ended the session “%(topic)s”."),
        EndedBy.TIME: gettext_noop("The time of the session “%(topic)s” was over."),
        EndedBy.SILENCE: gettext_noop("The session “%(topic)s” ended by itself: nobody spoke any more."),
    }[why]
    _note(by, row, "session.ended", sentence)
    return row


def _note_end(row: Session, at: datetime, why: EndedBy) -> None:
    row.ended_at, row.ended_by, row.ends_at, row.state = at, why, None, SessionState.ENDED


def _tell_end(row: Session) -> None:
    publish(SessionEnded(row.pk, row.key, len(reads.said_in(row))))


def end_due() -> int:
    """End what has had its time, or where nobody speaks any more, and say the latter; returns how many.

    Cut off anywhere, the next run goes on.
    """
    now, ended = clock.now(), 0
    words = reads.practices()
    for row in Session.objects.filter(state=SessionState.RUNNING).order_by("pk"):
        silence = words[row.community_id].silence if row.community_id in words else Words().silence
        forgotten = row.ends_at is None and now >= min(row.spoke_at + silence, row.began_at + LONGEST_SESSION)
        if forgotten or (row.ends_at is not None and row.ends_at <= now):
            why = EndedBy.SILENCE if forgotten else EndedBy.TIME
            with transaction.atomic():
                done = end_heard(by=SYSTEM, session_id=row.pk, at=now, why=why)
                if forgotten and done.ended_at == now:
                    say(row=done, text=_OVER, part="over", topic=done.topic)
            ended += 1
    return ended


_OVER = gettext_noop("The session “%(topic)s” has ended: nobody has spoken for a while. It is being written up.")


def say(*, row: Session, text: str, part: str, **values: str) -> str:
    """Plan a message in the session's group, in its language, in the caller's transaction; an obstacle or empty."""
    with override(language_of(row)):
        said = _(text) % values
    return send(row=row, content=Content.of(said), part=part)


def send(*, row: Session, content: Content, part: str) -> str:
    """Plan a message in the session's group, once per ``part``; returns what is in the way (a message id)."""
    account_id, obstacle = chats.seats_of([row.group_id]).get(row.group_id, (None, ""))
    if account_id is None or obstacle:
        return obstacle or gettext_noop("None of our accounts is in this group any more.")
    platform = community.rooms([row.group_id])[row.group_id].platform
    fitted, _remarks, misfit = chats.fit(platform, content)
    if misfit:
        return misfit
    until = clock.now() + timedelta(hours=24)
    planned = Planned(f"session:{row.pk}:{part}", row.group_id, fitted, Purpose.CAMPAIGN, None, until)
    chat.plan(account_id=account_id, planned=[planned])
    return ""


def language_of(row: Session) -> str | None:
    """What is spoken in the community."""
    return row.community.languages[0] if row.community.languages else None


def note_speaking(*, spoken: Sequence[tuple[int, datetime]]) -> None:
    """Speakers of these sessions were heard: one statement for a batch."""
    latest: dict[int, datetime] = {}
    for session_id, at in spoken:
        latest[session_id] = max(at, latest.get(session_id, at))
    for session_id, at in sorted(latest.items()):
        Session.objects.filter(pk=session_id, spoke_at__lt=at).update(spoke_at=at)


# ------------------------------------------------------------------ the draft
@transaction.atomic
def keep_draft(*, session_id: int, draft: Draft) -> bool:
    """Keep the first draft of a session that is over; returns whether it was kept, once."""
    row = locks.row(Session, session_id)
    if row.state != SessionState.ENDED:
        return False
    row.draft, row.edition, row.state = draft.model_dump(mode="json"), 1, SessionState.DRAFTED
    row.drafted_at = row.changed_at = clock.now()
    row.save()
    if draft.kept:
        _call_scribes(row)
    live.touch(TOPIC, f"session:{row.pk}")
    return True


_READY = gettext_noop(
    "The draft of “%(topic)s” is ready. Please put it in order, on your own pages under “Write-ups for you to edit”;"
    " who has no link to them gets one from the team. "
)


def _call_scribes(row: Session) -> None:
    """Who writes up every session is told in the group that there is a draft; not who wants to be left in peace."""
    here = members.addressed({(row.group_id, key) for key in row.scribe_ids})
    quiet = members.muted(set(row.scribe_ids))
    called = [each for each in here.values() if each.here and each.member_id not in quiet]
    if not called:
        return
    with override(language_of(row)):
        parts: list[Part] = [Text(_(_READY) % {"topic": row.topic})]
    for each in sorted(called, key=lambda one: one.member_id):
        parts += [Mention(each.external_id, " ".join(each.name.split())[:60]), Text(" ")]
    send(row=row, content=Content(tuple(parts)), part="scribes")


@transaction.atomic
def edit_draft(*, actor: Actor, session_id: int, edit: Edit) -> Session:
    """Change one thing of a draft. Nobody's words are lost: see policies.drafts. Needs an operator."""
    reads.session(actor, session_id, Permission.OPERATE)
    return _edit(actor, session_id, edit)


@transaction.atomic
def edit_as_scribe(*, visit: Visit, session_id: int, edit: Edit) -> Session:
    """The same by a member who was named as a scribe."""
    reads.scribed(visit, session_id)
    return _edit(Actor(id=None, name=visit.member.name), session_id, edit)


def _edit(by: Actor, session_id: int, edit: Edit) -> Session:
    row = locks.row(Session, session_id)
    before = reads.draft_now(row)
    try:
        after = drafts.edited(before, edit)
    except drafts.NoSuchPassageError as error:
        raise Conflict(_("This passage is not there any more."), fix=_("Load the page again.")) from error
    except drafts.ChangedError as error:
        raise Conflict(
            _("Somebody else has written here meanwhile: “%(now)s”.") % {"now": error.now[:200]},
            fix=_("What you wrote is still in the field; save again to replace theirs."),
        ) from error
    now = clock.now()
    last = row.editing.get(by.name, "")
    if not last or datetime.fromisoformat(last) < now - AN_HOUR:
        _note(by, row, "session.edited", gettext_noop("%(actor)s worked on the write-up of “%(topic)s”."))
    row.editing = {**row.editing, by.name: now.isoformat()}
    if after != before or after.model_dump(mode="json") != row.draft:
        row.draft, row.edition, row.changed_at = after.model_dump(mode="json"), row.edition + 1, now
        if row.state == SessionState.EDITED:
            row.state = SessionState.DRAFTED
    row.save(update_fields=["draft", "edition", "editing", "changed_at", "state"])
    live.touch(f"session:{row.pk}")
    return row


def settle_draft(*, row: Session) -> Draft:
    """Write into a locked draft what people have changed and taken back since; the caller saves it."""
    draft = reads.draft_now(row)
    kept = draft.model_dump(mode="json")
    if kept != row.draft:
        row.draft, row.edition = kept, row.edition + 1
    return draft


def touch(*, row: Session) -> None:
    """Pages about it are shown anew."""
    live.touch(TOPIC, f"session:{row.pk}")


@transaction.atomic
def set_scribes(*, actor: Actor, session_id: int, member_ids: Collection[int]) -> Session:
    """Name the members who write a session up. Needs an operator; they have to be visible to the actor."""
    reads.session(actor, session_id, Permission.OPERATE)
    row = locks.row(Session, session_id)
    seen = members.visible_members(actor).filter(pk__in=list(member_ids)).values_list("pk", "name")
    row.scribe_ids = sorted(key for key, _name in seen)
    row.save(update_fields=["scribe_ids"])
    names = listed(sorted(name for _key, name in seen))
    sentence = (
        gettext_noop("%(actor)s named who writes up “%(topic)s”: %(names)s.")
        if names
        else gettext_noop("%(actor)s left the write-up of “%(topic)s” to the team.")
    )
    _note(actor, row, "session.scribes", sentence, names)
    return row


def _note(actor: Actor, row: Session, action: str, sentence: str, names: str = "") -> None:
    audit.record(
        actor,
        action,
        sentence,
        community_id=row.community_id,
        about=("session", row.pk),
        topic=row.topic,
        names=names,
    )
    live.touch(TOPIC, f"session:{row.pk}")
