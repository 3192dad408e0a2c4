"""Set-up through the product's own actions: what a test needs to be there, with sensible names."""

import base64
import random
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from django.db import transaction

from qunce.chat import actions as chat
from qunce.chat.models import Account, Delivery, Lease
from qunce.chat.stage import Planned
from qunce.chat.types import (
    OURS,
    AccountState,
    Content,
    GroupSeen,
    Media,
    MemberJoined,
    MemberLeft,
    Purpose,
    Sender,
    Text,
)
from qunce.community import actions as community
from qunce.community.models import Community, Group
from qunce.community.types import CommunityProfile
from qunce.kernel import clock, files
from qunce.kernel.actor import SYSTEM, Role
from qunce.team import actions as team
from qunce.team import selectors as staff_selectors
from qunce.team.models import Staff
from tests.chat import support as chat_support

PASSWORD = "correct horse battery"
_numbers = count(1)


def owner(name="林芝"):
    """The installation's first owner, who has set up by the link; the same one when asked again."""
    path = team.issue_first_sign_in_link()
    if path is None:
        return staff_selectors.first_owner()
    return set_up(path, name=name)


def set_up(path, *, name="林芝", email=None, password=PASSWORD):
    """Use a link as its person would."""
    return team.use_sign_in_link(
        token=path.strip("/").rpartition("/")[2],
        email=email or f"staff{next(_numbers)}@example.org",
        name=name,
        password=password,
        zone="Asia/Shanghai",
    )


def actor(staff):
    """What this person may do now."""
    return staff_selectors.actor_for(staff)


def member_of_staff(name="陈默", **roles):
    """Somebody invited by the system who has set up; ``everywhere=Role.LEAD`` or ``roles={community_id: role}``."""
    wanted = roles.pop("roles", {})
    if "everywhere" in roles:
        wanted = {None: roles.pop("everywhere")}
    invited = team.invite_staff(actor=SYSTEM, email=f"staff{next(_numbers)}@example.org", name=name, roles=wanted)
    known = Staff.objects.get(pk=invited.staff_id)
    return set_up(invited.path, name=name, email=known.email)


def a_community(name=None, **profile):
    """A community with a name of its own."""
    profile["name"] = name or f"读书会 {next(_numbers)}"
    return community.create_community(actor=SYSTEM, profile=CommunityProfile(**profile))


def everyone(community_id):
    """One person per role, in this community only; by role."""
    return {role: member_of_staff(f"{role}", roles={community_id: role}) for role in Role}


# ---------------------------------------------------------------- life in groups
TOPICS = ("晨读", "跑步", "亲子阅读", "前端", "摄影", "咖啡")
PEOPLE = ("张三", "李四", "王小雨", "赵敏", "陈晨", "刘洋", "孙悦", "周周", "Alice", "Bob")
LINES = (
    "大家早上好 ☀️",
    "今天读第三章,晚上八点一起讨论。",
    "报名表在哪里?",
    "刚跑完五公里,比昨天快了半分钟!",
    "有人试过新的镜头吗?",
    "谢谢分享,收藏了。",
    "How do I join the Saturday session?",
    "明天休息一天,周三继续。",
)


@dataclass(frozen=True)
class Lively:
    """A community whose groups have talked for two weeks: its account, its groups by name, and rooms only found."""

    home: Community
    account: Account
    groups: dict[str, Group]
    found: list[str]


def lively(name="城市书房", *, groups=4, found=2, days=16, zone="Asia/Shanghai"):
    """Make one through the pipeline, always the same one."""
    rng = random.Random(7)
    account = chat_support.account(state=AccountState.WORKING)
    chat_support.lease(account)
    Lease.objects.filter(account=account).update(until=clock.now() + timedelta(hours=1))
    rooms = [f"!{name}{n}" for n in range(groups)]
    lonely = [f"!{name} 待接管 {n}" for n in range(found)]
    chat_support.live(
        account,
        *(GroupSeen(room, f"{name} · {TOPICS[n % 6]}群", member_count=120 + 37 * n) for n, room in enumerate(rooms)),
        *(GroupSeen(room, room[1:], member_count=80) for room in lonely),
    )
    home = a_community(name, zone=zone, shared_goal="一个月读完一本书", promise="每周一次有人讲透一章")
    made = {each.external_id: each for each in Group.objects.filter(external_id__in=rooms)}
    chat.adopt(actor=SYSTEM, community_id=home.pk, group_ids=[each.pk for each in made.values()])
    for n, room in enumerate(rooms):
        _talk(rng, account, room, messages=240 // (n + 1), days=days)
    community.tag_groups(actor=SYSTEM, group_ids=[made[rooms[0]].pk], add=["新手", "一期"])
    return Lively(home, account, {each.name: each for each in made.values()}, lonely)


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def carried_by_hand(home):
    """An account that a person carries for, its group in ``home``, one text to send, and one with a picture sent."""
    account = chat_support.account("manual", config={"app": "WeChat", "identity": "小助手3号"}, state="working")
    chat.enter_groups(actor=SYSTEM, account_id=account.pk, lines=[chat.GroupLine("读书会微信一群", 480)])
    group = Group.objects.get(name="读书会微信一群")
    chat.adopt(actor=SYSTEM, community_id=home.pk, group_ids=[group.pk])
    kept = files.put(PNG, name="poster.png", content_type="image/png")
    picture = Media("image", f"{OURS}{kept.sha256}", "海报.png", "image/png")
    contents = {"carried": Content.of("今晚八点共读第四章"), "pictured": Content((Text("看海报"), picture))}
    planned = [Planned(key, group.pk, content, Purpose.CAMPAIGN, None, None) for key, content in contents.items()]
    with transaction.atomic():
        chat.plan(account_id=account.pk, planned=planned)
    ids = dict(Delivery.objects.filter(key__in=contents).values_list("key", "pk"))
    chat.note_sent_by_hand(actor=SYSTEM, delivery_id=ids["pictured"])
    chat.add_proof(actor=SYSTEM, delivery_id=ids["pictured"], content=PNG)
    return {**ids, "phone": account.pk, "phone group": group.pk}


def _talk(rng, account, room, *, messages, days):
    """Members come, speak at their usual hours, answer each other, and a few leave."""
    now = clock.now()
    events = [
        MemberJoined(room, Sender(f"@{person}", person), now - timedelta(days=rng.randint(1, days)), source="海报")
        for person in PEOPLE
    ]
    events.append(MemberLeft(room, Sender("@Bob", "Bob"), now - timedelta(hours=3)))
    keys = []
    for _n in range(messages):
        person = rng.choice(PEOPLE[: rng.randint(2, len(PEOPLE))])
        hour = rng.choice((7, 8, 12, 12, 19, 20, 20, 21, 21, 22))
        day = now - timedelta(days=rng.randint(0, days - 1))
        at = day.replace(hour=(hour - 8) % 24, minute=rng.randint(0, 59), second=rng.randint(0, 59))
        answered = rng.choice(keys) if keys and rng.random() < 0.1 else None
        event = chat_support.said(
            room, rng.choice(LINES), by=f"@{person}", name=person, at=min(at, now), reply_to=answered
        )
        keys.append(event.external_id)
        events.append(event)
    chat_support.live(account, *events)
