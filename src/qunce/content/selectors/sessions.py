"""Sessions, for the team, for scribes by their links, and for what runs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from qunce.chat.selectors import messages as chat
from qunce.chat.selectors import stretches
from qunce.chat.selectors.messages import Message
from qunce.chat.types import Content, Media
from qunce.community import selectors as community
from qunce.content.models import Consent, Practice
from qunce.content.models import Session as Session  # noqa: PLC0414 (rows are passed along, so their type is public)
from qunce.content.policies import drafts
from qunce.content.types import ConsentState, Draft, Passage, SessionState, Words
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotAllowed, NotFound
from qunce.kernel.words import listed
from qunce.members import selectors as members
from qunce.members.selectors import Member, Visit
from qunce.members.types import MemberFilter, Presence

Key = tuple[str, str]
AT_IT = timedelta(minutes=5)
STILL_HEARD = timedelta(days=30)
"""For so long after they were asked, authors may answer in the group."""
WRITABLE = (SessionState.DRAFTED, SessionState.EDITED, SessionState.PUBLISHED)


# ------------------------------------------------------------------ the team's
def visible_sessions(actor: Actor, state: SessionState | None = None) -> QuerySet[Session]:
    """Those of communities that the actor sees, the latest first: in one state, or all but those put away."""
    homes = community.visible_communities(actor).values("pk")
    found = Session.objects.filter(community__in=homes).select_related("community", "item")
    found = found.filter(state=state) if state else found.exclude(state=SessionState.AWAY)
    return found.order_by("-began_at", "-pk")


def session(actor: Actor, session_id: int, permission: Permission = Permission.VIEW) -> Session:
    """One of them. NotFound where the actor may not see it, NotAllowed where that is all."""
    found = Session.objects.filter(pk=session_id).select_related("community", "item").first()
    if found is None or not actor.may(Permission.VIEW, found.community_id):
        raise NotFound
    if not actor.may(permission, found.community_id):
        raise NotAllowed(permission=permission)
    return found


def practice(community_id: int) -> Words:
    """By which words sessions begin and end there, and for how long things are waited for. No guard."""
    row = Practice.objects.filter(pk=community_id).first()
    return Words(tuple(row.begins), tuple(row.ends), row.silence, row.consent) if row else Words()


def practices() -> dict[int, Words]:
    """Of all communities that have said so. No guard: for the pipeline."""
    return {
        row.pk: Words(tuple(row.begins), tuple(row.ends), row.silence, row.consent) for row in Practice.objects.all()
    }


def usual_scribes(community_id: int) -> set[int]:
    """The members who write up every session of a community, as whom they are now. No guard: for what runs."""
    row = Practice.objects.filter(pk=community_id).first()
    return {members.root_of(key) for key in row.scribe_ids} if row else set()


def standing_scribes(actor: Actor, community_id: int) -> list[tuple[int, str]]:
    """The same with their names, in the order of those."""
    community.community(actor, community_id)
    seen = members.visible_members(actor).filter(pk__in=usual_scribes(community_id))
    return list(seen.order_by("sort_key", "pk").values_list("pk", "name"))


def possible_scribes(actor: Actor, community_id: int, text: str = "") -> QuerySet[Member]:
    """Members who are in a group of a community and could write up its sessions; of them whom the text finds."""
    wanted = MemberFilter(text=text, community_id=community_id, presence=Presence.HERE)
    found, _key = members.find_members(actor, wanted, Permission.LEAD)
    return found.exclude(pk__in=usual_scribes(community_id))


# ------------------------------------------------------------------ the draft
def draft_of(row: Session) -> Draft:
    """The draft as it is stored."""
    return Draft.model_validate(row.draft or {})


def draft_now(row: Session) -> Draft:
    """The draft after what people have changed and taken back since. No guard: of a session that may be seen."""
    draft = draft_of(row)
    return drafts.refreshed(draft, _now(row.group_id, [key for each in draft.passages for key in each.messages]))


def outward_of(row: Session) -> Draft | None:
    """The draft that left the group."""
    return Draft.model_validate(row.outward) if row.outward else None


def _now(group_id: int, keys: Collection[Key]) -> dict[Key, str]:
    """What the messages say now; what was taken away is not in it."""
    found = chat.by_keys([(group_id, datetime.fromisoformat(at), UUID(key)) for at, key in keys])
    return {key_of(each): words_of(each) for each in found.values() if each.deleted_at is None}


def key_of(message: Message) -> Key:
    """A message as passages name it; its group is the session's."""
    return message.sent_at.isoformat(), str(message.id)


def words_of(message: Message) -> str:
    """What it says beside pictures and files."""
    if not message.parts:
        return message.text
    parts = Content.from_json(message.parts).parts
    return Content(tuple(each for each in parts if not isinstance(each, Media))).plain


def said_in(row: Session) -> list[Message]:
    """What people said in a session, in order, as it is now. No guard: of a session that may be seen."""
    until = row.ended_at or clock.now()
    found = stretches.stretch(row.group_id, row.began_at, until)
    return stretches.said_by_people(found, members.bots({each.identity_id for each in found}))


def to_draft(session_id: int) -> tuple[Session, Sequence[Message]] | None:
    """A session that waits for its draft, with what was said; None where it does not. No guard: for what drafts."""
    row = Session.objects.filter(pk=session_id, state=SessionState.ENDED).select_related("community").first()
    return (row, said_in(row)) if row else None


# ------------------------------------------------------------------ scribes, by their links
def scribed_by(visit: Visit) -> list[Session]:
    """What waits for a member to be written up, the latest first."""
    rows = Session.objects.filter(
        community=visit.link.community_id, scribe_ids__contains=[visit.member.pk], state__in=WRITABLE
    )
    return list(rows.order_by("-began_at", "-pk")[:50])


def scribed(visit: Visit, session_id: int) -> Session:
    """One of those. NotFound where the visitor is no scribe of it."""
    found = Session.objects.filter(
        pk=session_id,
        community=visit.link.community_id,
        scribe_ids__contains=[visit.member.pk],
        state__in=WRITABLE,
    )
    row = found.select_related("community", "item").first()
    if row is None:
        raise NotFound
    return row


# ------------------------------------------------------------------ what authors say
def consents_of(row: Session) -> list[Consent]:
    """What authors have said of a session's words, the latest first. No guard: of a session that may be seen."""
    return list(row.consents.order_by("name", "identity_id", "-pk"))


def asked_of(visit: Visit) -> list[Consent]:
    """What a member was asked about in the link's community, the latest version of each session alone."""
    own = [each.pk for each in members.own_record(visit).identities]
    rows = Consent.objects.filter(identity_id__in=own, session__community=visit.link.community_id)
    latest = rows.select_related("session").order_by("session", "identity_id", "-pk")
    return list(latest.distinct("session", "identity_id"))


def own_words(asked: Consent) -> list[str]:
    """The passages that an author is asked about, as they would be published."""
    if (
        asked.session.outward
        and asked.fingerprint in Draft.model_validate(asked.session.outward).fingerprints().values()
    ):
        draft = Draft.model_validate(asked.session.outward)
    else:
        draft = draft_now(asked.session)
    return [each.text for each in draft.kept if each.identity_id == asked.identity_id]


def answers_to(row: Session, draft: Draft, outlet: str) -> dict[int, ConsentState]:
    """What each author says of the words of this draft going so far, by identity; asked about other words: nothing.

    Who has agreed to the site has agreed to members as well.
    """
    wanted = draft.fingerprints()
    far = ["site"] if outlet == "site" else ["members", "site"]
    found: dict[int, ConsentState] = {}
    for each in row.consents.filter(outlet__in=far).order_by("pk"):
        if wanted.get(each.identity_id) == each.fingerprint:
            before, state = found.get(each.identity_id), ConsentState(each.state)
            if before is None or before is ConsentState.ASKED or state is not ConsentState.ASKED:
                found[each.identity_id] = state
    return found


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage as scribes see it. ``consent``: what its author says of these words; None: they were not asked."""

    passage: Passage
    consent: ConsentState | None
    asks: str


@dataclass(frozen=True, slots=True)
class Desk:
    """A draft on a scribe's desk: what is in it, what was left aside, and who else is at it."""

    draft: Draft
    kept: Sequence[Shown]
    aside: Sequence[Passage]
    others: str


def desk_of(row: Session, by: str) -> Desk:
    """The draft as it is now. No guard: of a session that may be seen."""
    draft = draft_now(row)
    said = answers_to(row, draft, row.openness or "members")
    recently = clock.now() - AT_IT
    others = [name for name, at in row.editing.items() if name != by and datetime.fromisoformat(at) > recently]
    questions = {each.id: each.text for each in draft.passages}
    kept = [
        Shown(each, said.get(each.identity_id), questions.get(each.to, ""))
        for each in draft.passages
        if not each.dropped
    ]
    return Desk(draft, kept, [each for each in draft.passages if each.dropped], listed(sorted(others)))


# ------------------------------------------------------------------ for the pipeline: no guard
@dataclass(frozen=True, slots=True)
class Listening:
    """Where sessions go on, with whom they wait to hear, and in which groups authors may answer."""

    running: Mapping[int, tuple[int, frozenset[int]]]
    asking: frozenset[int]
    words: Mapping[int, Words]


def listening() -> Listening:
    """What the stage keeps in memory, read anew when it has changed."""
    running = {
        group_id: (key, frozenset(speakers))
        for key, group_id, speakers in Session.objects.filter(state=SessionState.RUNNING).values_list(
            "pk", "group_id", "speaker_ids"
        )
    }
    asked = Session.objects.filter(asked_at__gt=clock.now() - STILL_HEARD).values_list("group_id", flat=True)
    return Listening(running, frozenset(asked), practices())


def by_key(key: str) -> Session | None:
    """What a step has begun. No guard: for what runs."""
    return Session.objects.filter(key=key).first()


def running_in(group_id: int) -> Session | None:
    """The session that goes on in a group. No guard: for what runs."""
    return Session.objects.filter(group_id=group_id, state=SessionState.RUNNING).first()


def names_of(identity_ids: Iterable[int]) -> dict[int, str]:
    """What people are called. No guard: of those in a session that may be seen."""
    return {key: who.name for key, who in members.who(set(identity_ids)).items()}
