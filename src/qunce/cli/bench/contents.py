"""What stands in the library, on the boards and in the calendar where pages are measured."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import connection
from django.urls import reverse

from qunce.chat import actions as chat
from qunce.chat.types import Batch, MemberJoined, Origin, Selection, Sender
from qunce.content import actions as content
from qunce.content.types import ItemDocument, ItemKind
from qunce.insights.actions import digests
from qunce.insights.types import Stretch
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.playbooks import actions as playbooks
from qunce.playbooks.selectors import library_entry
from qunce.playbooks.types import Document

ITEMS, SUGGESTIONS, SESSIONS, DIGEST_DAYS = 2000, 1000, 500, 30
WALKING, DAYS = 300, 30
"""Groups in which playbooks are at work, of so many days."""
NEWCOMERS = 1000
"""People who have come to them one by one, and are welcomed one by one."""

# The row that an action has made, again and again: each copy differs in its key and in ``changes``.
_COPIES = """
INSERT INTO {table} SELECT made.* FROM {table} AS one, generate_series(1, %(count)s) AS n,
    jsonb_populate_record(one, jsonb_build_object(
        'id', nextval(pg_get_serial_sequence('{table}', 'id')), {changes})) AS made
WHERE one.id = %(pk)s
"""


def put_there(
    *, account_id: int, community_id: int, groups: Sequence[int], rooms: Mapping[int, str]
) -> dict[str, str]:
    """Fill the pages of content and playbooks; returns the addresses of the busiest. ``rooms``: what platforms call
    the groups.
    """
    now = clock.now()
    _in_the_library(community_id)
    _suggested(community_id)
    _held(groups)
    _digested(community_id, groups, now)
    run_id = _at_work(groups[:WALKING], now)
    _welcomed(account_id, [rooms[group] for group in groups[:WALKING]], now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    calendar = reverse("console:calendar")
    return {
        "board": reverse("console:run", args=[run_id]),
        "playbooks": reverse("console:playbooks"),
        "calendar month": calendar,
        "calendar week": f"{calendar}?show=week",
        "calendar agenda": f"{calendar}?show=agenda",
        "library": reverse("console:library"),
        "library searched": f"{reverse('console:library')}?q=摄影",
        "suggestions": reverse("console:suggestions"),
        "sessions": reverse("console:sessions"),
        "digests": reverse("console:digests"),
    }


def _copied(table: str, pk: int, count: int, changes: str, **given: int | list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_COPIES.format(table=table, changes=changes), {"pk": pk, "count": count, **given})


def _in_the_library(community_id: int) -> None:
    body = "光圈越大, 背景越模糊。\n" * 60
    document = ItemDocument(kind=ItemKind.ARTICLE, title="摄影入门", summary="从光圈开始", body=body, tags=("摄影",))
    row = content.create_item(actor=SYSTEM, document=document, key="article", community_id=community_id)
    content.publish_item(actor=SYSTEM, item_id=row.pk, edition=row.edition)
    changes = "'key', one.key || n, 'title', one.title || n, 'changed_at', one.changed_at - n * interval '1 hour'"
    _copied("content_item", row.pk, ITEMS - 1, changes)


def _suggested(community_id: int) -> None:
    row = content.enter_suggestion(actor=SYSTEM, community_id=community_id, text="周末一起去爬山", name="小林")
    changes = "'text', one.text || n, 'text_key', one.text_key || n, 'at', one.at - n * interval '1 hour'"
    _copied("content_suggestion", row.pk, SUGGESTIONS - 1, changes)


def _held(groups: Sequence[int]) -> None:
    row = content.begin_session(actor=SYSTEM, group_id=groups[0], topic="怎样开始", key="bench")
    content.end_session(actor=SYSTEM, session_id=row.pk)
    changes = (
        "'key', one.key || n, 'topic', one.topic || n, 'began_at', one.began_at - n * interval '1 day',"
        " 'group_id', (%(groups)s::bigint[])[1 + n %% cardinality(%(groups)s::bigint[])]"
    )
    _copied("content_session", row.pk, SESSIONS - 1, changes, groups=list(groups))


def _digested(community_id: int, groups: Sequence[int], now: datetime) -> None:
    yesterday = Stretch(now.date() - timedelta(days=1), 1)
    row = digests.ask_for_digest(
        actor=SYSTEM, community_id=community_id, group_id=None, stretch=yesterday, language="zh-hans"
    )
    changes = (
        "'group_id', (%(groups)s::bigint[])[1 + n %% %(every)s], 'state', 'kept', 'made_at', one.asked_at,"
        " 'first', one.first - n / %(every)s, 'last', one.last - n / %(every)s"
    )
    some = list(groups[:WALKING])
    _copied("insights_digest", row.pk, len(some) * DIGEST_DAYS, changes, groups=some, every=len(some))


# ------------------------------------------------------------------ at work
def _at_work(groups: Sequence[int], now: datetime) -> int:
    """A month with a message a day, a third of it gone, in every group."""
    steps = [
        {"id": f"day-{day}", "do": "send", "when": {"day": day, "at": "09:00"}, "with_": {"text": {"zh": "早上好"}}}
        for day in range(1, DAYS + 1)
    ]
    document = Document.model_validate({"key": "bench-month", "title": "三十天", "steps": steps})
    began_at = now - timedelta(days=DAYS // 3)
    run_id = 0
    with clock.at(began_at):
        run_id = _begun(document, groups)
    for day in range(DAYS // 3):
        with clock.at(began_at + timedelta(days=day + 1)):
            while playbooks.advance():
                pass
    return run_id


def _welcomed(account_id: int, rooms: Sequence[str], now: datetime) -> None:
    """Each at a time of their own."""
    began_at = now - timedelta(days=2)
    with clock.at(began_at):
        _begun(library_entry("welcome-7-days").document, ())
    came = [
        MemberJoined(rooms[n % len(rooms)], Sender(f"@new{n}", f"新人{n}"), began_at + timedelta(minutes=2 * n + 1))
        for n in range(NEWCOMERS)
    ]
    chat.ingest(Batch(account_id, Origin.LIVE, came))
    playbooks.look_for_starts()


def _begun(document: Document, groups: Sequence[int]) -> int:
    """Published and put to work in these groups; in all of them where none are named."""
    row = playbooks.create_playbook(actor=SYSTEM, document=document)
    playbooks.publish(actor=SYSTEM, playbook_id=row.pk, edition=1)
    wanted = Selection(group_ids=tuple(groups)) if groups else Selection(everywhere=True)
    run = playbooks.begin_run(actor=SYSTEM, playbook_id=row.pk, selection=wanted, submission=uuid4())
    playbooks.look_for_starts()
    return run.pk
