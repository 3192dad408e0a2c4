"""Every address of the web role, asked for as every role: who gets what, and who changes nothing.

An address without a line in EXPECTED fails. A line names the scope, and what is posted:

    "console:group": Line(here(P.VIEW), group_id="group"),

A page is got by those within its scope; the others get 403, or 404 where they may not know that it exists. What
changes something (`posts`) is posted by everybody: within the scope it writes its audit entry, outside it writes none.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from qunce.chat.models import Account, SetAside
from qunce.community import selectors as community_selectors
from qunce.community.models import Group
from qunce.desk import actions as desk
from qunce.desk.types import RuleDraft
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.actor import Permission as P
from qunce.kernel.models import AuditEntry
from qunce.members.models import Identity
from qunce.team import actions as team
from tests.chat import support as chat_support
from tests.support import world

pytestmark = pytest.mark.django_db
Scope = Callable[[Actor, int], bool]


def here(permission) -> Scope:
    """In the community that the thing belongs to."""
    return lambda actor, home: actor.may(permission, home)


def anywhere(permission) -> Scope:
    """In any community."""
    return lambda actor, _home: actor.may_anywhere(permission)


def installation(permission) -> Scope:
    """In all communities and what belongs to none."""
    return lambda actor, _home: actor.may(permission)


def signed_in(_actor, _home):
    return True


@dataclass
class Line:
    """``posts``: what to post; None: a page that is got. ``audited``: posting writes an audit entry (otherwise only
    the status tells). ``answers``: the status within the scope where it is not 200 (got) or a redirect (posted);
    ``outside``: the status for whoever has not signed in, where that is not the way to the sign-in page.
    """

    scope: Scope
    posts: dict | None = None
    outside: int | None = None
    audited: bool = True
    answers: int | None = None
    query: dict = field(default_factory=dict)
    args: dict = field(default_factory=dict)


def page(scope, query=None, answers=None, **args):
    return Line(scope, query=query or {}, answers=answers, args=args)


def change(scope, posts=None, *, audited=True, answers=None, **args):
    return Line(scope, posts=posts or {}, audited=audited, answers=answers, args=args)


def public(outside=200, answers=200, **args):
    return Line(signed_in, outside=outside, answers=answers, args=args)


RULE = {"keywords": "报名", "match": "contains", "answer": "好", "reach": "community", "cooldown": 0}
COMMUNITY = {"zone": "UTC", "speaks": "en"}
IDS = {"ids": ["group"]}

EXPECTED = {
    # ---- signing in
    "healthz": public(503, 503),  # no role beats in this test
    "account_login": public(answers=302),
    "account_logout": public(302),
    "account_inactive": public(),
    "welcome": public(404, 404, token="none"),
    "mfa_authenticate": public(302, 302),
    "account_reauthenticate": page(signed_in),
    "account_change_password": page(signed_in),
    "mfa_index": page(signed_in),
    "mfa_reauthenticate": page(signed_in, answers=302),
    "mfa_activate_totp": page(signed_in, answers=302),
    "mfa_deactivate_totp": page(signed_in, answers=404),
    "mfa_view_recovery_codes": page(signed_in, answers=404),
    "mfa_generate_recovery_codes": page(signed_in, answers=302),
    "mfa_download_recovery_codes": page(signed_in, answers=404),
    # ---- oneself
    "console:profile": change(signed_in, {"name": "新名", "language": "en", "zone": "UTC", "theme": "dark"}),
    "console:preferences": Line(signed_in, posts={"theme": "dark"}, outside=302, audited=False),
    "console:live": page(here(P.VIEW), {"topics": "group:{group}"}),
    # ---- the team
    "console:staff": page(anywhere(P.LEAD)),
    "console:staff_invite": change(
        here(P.ADMINISTER), {"name": "新人", "email": "new@example.org", "where": "{home}", "role": "viewer"}
    ),
    "console:colleague": page(here(P.LEAD), staff_id="colleague"),
    "console:staff_roles": change(here(P.ADMINISTER), {"where": "{home}", "role": "lead"}, staff_id="colleague"),
    "console:staff_deactivate": change(here(P.ADMINISTER), staff_id="colleague"),
    "console:staff_reactivate": change(here(P.ADMINISTER), staff_id="gone"),
    "console:staff_link": change(here(P.ADMINISTER), staff_id="colleague"),
    "console:staff_second_factor": change(here(P.ADMINISTER), staff_id="colleague"),
    "console:audit": page(anywhere(P.LEAD)),
    # ---- communities, groups, members
    "console:today": page(signed_in),
    "console:communities": page(signed_in),
    "console:community_new": change(installation(P.LEAD), {"name": "新社群", **COMMUNITY}),
    "console:community": page(here(P.VIEW), community_id="home"),
    "console:community_change": change(
        here(P.LEAD), {"name": "新名", **COMMUNITY, "seen": "{fingerprint}"}, community_id="home"
    ),
    "console:community_archive": change(here(P.ADMINISTER), community_id="home"),
    "console:community_restore": change(here(P.ADMINISTER), community_id="closed"),
    "console:groups": page(signed_in),
    "console:groups_adopt": change(installation(P.OPERATE), {"ids": ["found"], "into": "{home}"}),
    "console:groups_release": change(here(P.OPERATE), IDS),
    "console:groups_archive": change(here(P.OPERATE), IDS),
    "console:groups_restore": change(here(P.OPERATE), {"ids": ["archived"]}),
    "console:groups_tag": change(here(P.OPERATE), {**IDS, "add": "新手"}),
    "console:groups_untag": change(here(P.OPERATE), {**IDS, "add": "一期"}),
    "console:group": page(here(P.VIEW), group_id="group"),
    "console:group_messages": page(here(P.VIEW), group_id="group"),
    "console:members": page(signed_in),
    "console:member": page(here(P.VIEW), member_id="member"),
    "console:member_said": page(here(P.VIEW), member_id="member", group_id="group", day="2026-11-20"),
    # ---- keyword replies
    "console:keyword_replies": page(signed_in),
    "console:rule_new": change(here(P.OPERATE), {**RULE, "community": "{home}"}),
    "console:rule_try": page(here(P.VIEW), {"group": "{group}", "text": "报名"}),
    "console:rule_preview": change(signed_in, {"answer": "好"}, audited=False, answers=200),
    "console:rule_groups": page(signed_in),
    "console:rule": page(here(P.VIEW), rule_id="rule"),
    "console:rule_switch": change(here(P.OPERATE), {"enabled": "0"}, rule_id="rule"),
    "console:rule_delete": change(here(P.OPERATE), rule_id="rule"),
    "console:rule_restore": change(here(P.OPERATE), rule_id="deleted"),
    # ---- accounts
    "console:accounts": page(installation(P.OPERATE)),
    "console:account_new": page(installation(P.ADMINISTER)),
    "console:account_connect": change(installation(P.ADMINISTER), {"name": "沙盒"}, platform="sandbox"),
    "console:set_aside": page(installation(P.OPERATE)),
    "console:set_aside_settle": change(installation(P.OPERATE), event_id="event"),
    "console:account": page(installation(P.OPERATE), account_id="account"),
    "console:account_change": change(installation(P.ADMINISTER), {"name": "新名"}, account_id="account"),
    "console:account_check": change(installation(P.OPERATE), audited=False, account_id="account"),
    "console:account_switch": change(installation(P.ADMINISTER), {"enabled": ""}, account_id="account"),
    "console:account_remove": change(installation(P.ADMINISTER), {"end_seats": "yes"}, account_id="account"),
}


def names_of(patterns, prefix=""):
    """The full names of all addresses."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield prefix + (pattern.name or f"without a name: {pattern.pattern}")
        else:
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from names_of(pattern.url_patterns, inner)


def test_every_address_has_its_line():
    known = set(names_of(get_resolver().url_patterns))
    assert known == set(EXPECTED), {"without a line": known - set(EXPECTED), "gone": set(EXPECTED) - known}


@dataclass
class Stage:
    """The people by name, their browsers, and the ids of what they ask for."""

    people: dict
    things: dict
    clients: dict = field(default_factory=dict)


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker):
    """Built once; every request is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        built = build()
        for who, staff in built.people.items():
            built.clients[who] = Client()
            built.clients[who].force_login(staff)
        yield built
        transaction.set_rollback(True)


def build():
    account = chat_support.account()
    groups = chat_support.adopted(account, "room", "archived")
    group = groups["room"]
    home, elsewhere, closed = group.community, world.a_community("别处"), world.a_community("从前")
    chat_support.live(account, chat_support.said("room", "报名"), chat_support.GroupSeen("found", "待接管"))
    world.community.tag_groups(actor=SYSTEM, group_ids=[group.pk], add=["一期"])
    world.community.archive_groups(actor=SYSTEM, group_ids=[groups["archived"].pk])
    rules = [
        desk.create_rule(
            actor=SYSTEM, draft=RuleDraft(keywords=(word,), answer="好", community_id=home.pk)
        ).pk
        for word in ("一", "二")
    ]
    desk.delete_rule(actor=SYSTEM, rule_id=rules[1])
    event = SetAside.objects.create(account_id=account.pk, event={}, stage="", error="x", at=clock.now())
    colleague, gone = (world.member_of_staff(roles={home.pk: Role.VIEWER}) for _number in range(2))
    team.deactivate_staff(actor=SYSTEM, staff_id=gone.pk)
    people = {"owner everywhere": world.owner()}
    for role in Role:
        people[f"{role} here"] = world.member_of_staff(roles={home.pk: role, closed.pk: role})
        people[f"{role} elsewhere"] = world.member_of_staff(roles={elsewhere.pk: role})
        if role is not Role.OWNER:
            people[f"{role} everywhere"] = world.member_of_staff(everywhere=role)
    world.community.archive_community(actor=SYSTEM, community_id=closed.pk)
    things = {
        "home": home.pk,
        "fingerprint": community_selectors.profile_of(home).fingerprint,
        "closed": closed.pk,
        "group": group.pk,
        "archived": groups["archived"].pk,
        "found": Group.objects.get(external_id="found").pk,
        "account": Account.objects.get(pk=account.pk).pk,
        "member": Identity.objects.get(external_id="@zhang").member_id,
        "rule": rules[0],
        "deleted": rules[1],
        "event": event.pk,
        "colleague": colleague.pk,
        "gone": gone.pk,
    }
    return Stage(people, things)


def ask(client, name, line, things):
    """Send the line's request, undo it; returns the answer, and whether it was written down."""
    put = {key: things.get(value, value) for key, value in line.args.items()}
    url = reverse(name, kwargs=put)
    given = {
        key: [things[each] for each in value] if key == "ids" else fill(value, things)
        for key, value in (line.query if line.posts is None else line.posts).items()
    }
    with transaction.atomic():
        before = AuditEntry.objects.count()
        answer = client.get(url, given) if line.posts is None else client.post(url, given)
        written = AuditEntry.objects.count() > before
        transaction.set_rollback(True)
    return answer, written


def fill(value, things):
    return value.format(**things) if isinstance(value, str) else value


def to_sign_in(answer):
    return answer.status_code == 302 and answer["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("name", EXPECTED)
def test_who_gets_what(name, stage):
    line, surprises = EXPECTED[name], []
    for who, staff in {"anonymous": None, **stage.people}.items():
        client = stage.clients.get(who) or Client()
        answer, written = ask(client, name, line, stage.things)
        if problem := _wrong(line, staff, stage.things["home"], answer, written):
            surprises.append(f"{who}: {problem}, got {answer.status_code}")
    assert not surprises, "\n".join(surprises)


def _wrong(line, staff, home, answer, written):
    if staff is None:
        return _wrong_outside(line, answer, written)
    if not line.scope(world.actor(staff), home):
        return _wrong_denial(line, answer, written)
    usual = 200 if line.posts is None else 302
    if answer.status_code != (line.answers or usual):
        return "does not get it"
    if line.posts is not None and line.audited and not written:
        return "changes nothing"
    return ""


def _wrong_outside(line, answer, written):
    right = to_sign_in(answer) if line.outside is None else answer.status_code == line.outside
    return "" if right and not written else "is not sent to sign in"


def _wrong_denial(line, answer, written):
    if written:
        return "changes what it may not"
    told = {403, 404} if line.posts is None or not line.audited else {302, 403, 404, 200}
    return "" if answer.status_code in told else "gets what it may not"
