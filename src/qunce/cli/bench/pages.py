"""What the busiest pages cost where much was said, and how much more where ten times as much was."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.urls import reverse

from qunce.chat import actions as chat
from qunce.chat.actions import partitions
from qunce.chat.types import Batch, Checked, GroupSeen, Origin
from qunce.cli.bench import contents, served
from qunce.community import actions as community
from qunce.community import selectors as groups_of
from qunce.community.types import CommunityProfile, GroupFilter, GroupState
from qunce.insights.actions import health, series
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.members import actions as members
from qunce.members.types import Account

DAYS = 90
ZONE = "Asia/Shanghai"
COMMUNITIES = 5
AT_ONCE = 2000
SHARE = 10
"""First one part in ten is said, then the rest."""

# A group hears every ``groups``-th message; its people are a run of the members, of whom a few say most.
_SAY = """
INSERT INTO chat_message (group_id, sent_at, id, external_id, identity_id, text, origin, from_us)
SELECT g, at, gen_random_uuid(), 'm' || n, people[1 + (place * 17 + spoken * spoken %% 60) %% cardinality(people)],
    texts[1 + n %% cardinality(texts)] || ' ' || n, 1, false
FROM (
    SELECT n, n %% cardinality(groups) AS place, groups[1 + n %% cardinality(groups)] AS g,
        n / cardinality(groups) AS spoken, people, texts,
        %(since)s + (%(until)s - %(since)s) * (n::float8 / %(all)s) AS at
    FROM generate_series(%(first)s::bigint, %(last)s::bigint, %(step)s::bigint) AS n,
        (SELECT %(groups)s::bigint[] AS groups, %(people)s::bigint[] AS people, %(texts)s::text[] AS texts) AS given
) AS said
"""
_COUNT = """
TRUNCATE chat_memberday, chat_grouphour;
INSERT INTO chat_memberday (group_id, day, identity_id, messages)
SELECT group_id, (sent_at AT TIME ZONE 'Asia/Shanghai')::date, identity_id, count(*)
FROM chat_message GROUP BY 1, 2, 3;
INSERT INTO chat_grouphour (group_id, hour, messages, bot_messages, joined, "left")
SELECT group_id, date_trunc('hour', sent_at, 'UTC'), count(*), 0, 0, 0 FROM chat_message GROUP BY 1, 2;
INSERT INTO members_membership (group_id, identity_id, nickname, source, seen_at, heard)
SELECT group_id, identity_id, '', '', min(sent_at), false FROM chat_message GROUP BY 1, 2 ON CONFLICT DO NOTHING;
DELETE FROM insights_filled;
DELETE FROM insights_series;
"""
_TEXTS = [
    "今天读第三章, 晚上八点一起讨论",
    "收到, 谢谢",
    "明天几点开始?",
    "see you there",
    "https://example.org/notes",
]


def measure(*, messages: int, groups: int, members: int, times: int) -> dict[str, Any]:
    """Milliseconds of each page over all messages, and how many times the work over a tenth of them it takes."""
    account_id, ids = _groups(groups)
    people = _people(members)
    client = served.visitor()
    home = groups_of.communities_of_groups(SYSTEM)[ids[0]]
    until = clock.now()
    partitions.ensure_for(until - timedelta(days=day) for day in range(DAYS + 1))
    own, rooms = groups_of.groups_of(SYSTEM, home), groups_of.external_ids(ids)
    addresses = _addresses(ids[0], home)
    addresses |= contents.put_there(account_id=account_id, community_id=home, groups=own, rooms=rooms)
    told = {
        "groups": ids,
        "people": people,
        "texts": _TEXTS,
        "since": until - timedelta(days=DAYS),
        "until": until,
        "all": messages,
        "last": messages - 1,
    }
    _said(told, 0, SHARE)
    before = {name: served.asked(client, address, times) for name, address in addresses.items()}
    for first in range(1, SHARE):
        _said(told, first, SHARE, counted=first == SHARE - 1)
    after = {name: served.asked(client, address, times) for name, address in addresses.items()}
    return {
        "messages": messages,
        "groups": groups,
        "members": members,
        "worst_p95_ms": max(each["p95_ms"] for each in after.values()),
        "pages": {
            name: each | {"growth": round(each["cpu_ms"] / max(before[name]["cpu_ms"], 1), 2)}
            for name, each in after.items()
        },
    }


def _said(told: dict[str, Any], first: int, step: int, *, counted: bool = True) -> None:
    """Every ``step``-th message is said; then all are counted, and the groups assessed."""
    with connection.cursor() as cursor:
        cursor.execute(_SAY, told | {"first": first, "step": step})
        if counted:
            cursor.execute(_COUNT)
            cursor.execute("ANALYZE")
    if counted:
        series.fill()
        health.assess()


def _groups(count: int) -> tuple[int, list[int]]:
    """Groups of several communities, all read by one account."""
    account = chat.connect_account(actor=SYSTEM, platform="sandbox", name="bench", config={})
    chat.record_checked(account_id=account.pk, checked=Checked("@qunce", "bench"))
    rooms = [GroupSeen(f"!room{number}", f"群 {number}", member_count=200) for number in range(count)]
    for first in range(0, count, 500):
        chat.ingest(Batch(account.pk, Origin.LIVE, rooms[first : first + 500]))
    found = groups_of.find_groups(SYSTEM, GroupFilter(state=GroupState.FOUND)).values_list("pk", flat=True)
    ids = sorted(found)
    for number in range(COMMUNITIES):
        home = community.create_community(actor=SYSTEM, profile=CommunityProfile(name=f"社群 {number}", zone=ZONE))
        chat.adopt(actor=SYSTEM, community_id=home.pk, group_ids=ids[number::COMMUNITIES], read_back=False)
    return account.pk, ids


def _people(count: int) -> list[int]:
    found: list[int] = []
    for first in range(0, count, AT_ONCE):
        some = [Account(f"@p{number}", f"成员{number}") for number in range(first, min(first + AT_ONCE, count))]
        accounts = {each.external_id: each for each in some}
        found += members.resolve_identities(platform="sandbox", accounts=accounts).values()
    return found


def _addresses(group_id: int, home: int) -> dict[str, str]:
    """The busiest pages."""
    return {
        "today": reverse("console:today"),
        "communities": reverse("console:communities"),
        "community": reverse("console:community_insight", args=[home]),
        "groups": reverse("console:groups"),
        "groups, most said first": f"{reverse('console:groups')}?order=busiest",
        "group": reverse("console:group", args=[group_id]),
        "group insight": reverse("console:group_insight", args=[group_id]),
        "members": reverse("console:members"),
        "inbox": reverse("console:inbox"),
        "inbox of a group": f"{reverse('console:inbox')}?group={group_id}",
        "insights": reverse("console:insights"),
        "broadcasts": reverse("console:broadcasts"),
    }
