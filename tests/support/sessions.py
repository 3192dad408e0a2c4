"""Sessions in every state, for tests that need them to be there."""

from datetime import timedelta

from qunce.chat.models import Message
from qunce.content import actions
from qunce.content.models import Consent, Session
from qunce.content.selectors import sessions as reads
from qunce.content.types import Draft, Outlet, Passage, Role
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM

TITLE = "怎样把读书笔记变成文章"


def draft_of(message, *, title="题目", name="张三"):
    """A draft of one passage, from a message."""
    said = Passage(
        id="p1",
        role=Role.TALK,
        identity_id=message.identity_id,
        name=name,
        text=message.text,
        messages=(reads.key_of(message),),
    )
    return Draft(title=title, points=("p1",), keywords=("报名",), passages=(said,))


def agreed(session, outlet=Outlet.SITE):
    """Everybody who is quoted has agreed to the words as they are."""
    session.refresh_from_db()
    Consent.objects.bulk_create(
        [
            Consent(
                session=session,
                identity_id=identity_id,
                name="张三",
                outlet=outlet,
                fingerprint=fingerprint,
                state="yes",
                asked_at=clock.now(),
            )
            for identity_id, fingerprint in reads.draft_of(session).fingerprints().items()
        ]
    )


def some_sessions(home, group, message: Message):
    """One that goes on, one whose draft waits, and one that is on the public site."""
    actions.set_site(actor=SYSTEM, community_id=home.pk, enabled=True, slug="home", intro="", language="zh-hans")
    second = timedelta(seconds=1)
    made: list[Session] = []
    for n, key in enumerate(("out", "waiting")):
        at = message.sent_at + n * second
        row = actions.take_past(
            actor=SYSTEM, group_id=group.pk, topic="题目", key=key, since=at, until=at + second / 2
        )
        actions.keep_draft(session_id=row.pk, draft=draft_of(message))
        made.append(row)
    out, waiting = made
    agreed(out)
    item = actions.publish_session(actor=SYSTEM, session_id=out.pk, outlet=Outlet.SITE).item
    agreed(waiting)
    running = actions.begin_session(actor=SYSTEM, group_id=group.pk, topic="还在讲", key="running")
    return {
        "session": waiting.pk,
        "running session": running.pk,
        "consent": Consent.objects.first().pk,
        "slug": "home",
        "item key": item.key,
    }
