"""What every role gets at every address of the web role: the table that test_every_url.py asks by.

    "console:group": page(here(Permission.VIEW), group_id="group"),

A page is got by those within its scope; the others get 403, or 404 where they may not know that it exists. A change
is posted by everybody: within the scope it writes its audit entry, outside it writes none. Texts in what is sent,
and arguments, may name things of the test's stage.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from qunce.kernel.actor import Actor, Permission

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
BROADCAST = {
    "step": "send",
    "text": "今晚八点",
    "whom": "picked",
    "group_ids": ["group"],
    "submission": "0198f0c0-0000-7000-8000-000000000001",
}
IDS = {"ids": ["group"]}
MESSAGE = {"group_id": "group", "at": "message_at", "message_id": "message"}

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
    "console:live": page(here(Permission.VIEW), {"topics": "group:{group}"}),
    # ---- the team
    "console:staff": page(anywhere(Permission.LEAD)),
    "console:staff_invite": change(
        here(Permission.ADMINISTER), {"name": "新人", "email": "new@example.org", "where": "{home}", "role": "viewer"}
    ),
    "console:colleague": page(here(Permission.LEAD), staff_id="colleague"),
    "console:staff_roles": change(
        here(Permission.ADMINISTER), {"where": "{home}", "role": "lead"}, staff_id="colleague"
    ),
    "console:staff_deactivate": change(here(Permission.ADMINISTER), staff_id="colleague"),
    "console:staff_reactivate": change(here(Permission.ADMINISTER), staff_id="gone"),
    "console:staff_link": change(here(Permission.ADMINISTER), staff_id="colleague"),
    "console:staff_second_factor": change(here(Permission.ADMINISTER), staff_id="colleague"),
    "console:audit": page(anywhere(Permission.LEAD)),
    # ---- communities, groups, members
    "console:today": page(signed_in),
    "console:communities": page(signed_in),
    "console:community_new": change(installation(Permission.LEAD), {"name": "新社群", **COMMUNITY}),
    "console:community": page(here(Permission.VIEW), community_id="home"),
    "console:community_change": change(
        here(Permission.LEAD), {"name": "新名", **COMMUNITY, "seen": "{fingerprint}"}, community_id="home"
    ),
    "console:community_archive": change(here(Permission.ADMINISTER), community_id="home"),
    "console:community_restore": change(here(Permission.ADMINISTER), community_id="closed"),
    "console:groups": page(signed_in),
    "console:groups_adopt": change(installation(Permission.OPERATE), {"ids": ["found"], "into": "{home}"}),
    "console:groups_release": change(here(Permission.OPERATE), IDS),
    "console:groups_archive": change(here(Permission.OPERATE), IDS),
    "console:groups_restore": change(here(Permission.OPERATE), {"ids": ["archived"]}),
    "console:groups_tag": change(here(Permission.OPERATE), {**IDS, "add": "新手"}),
    "console:groups_untag": change(here(Permission.OPERATE), {**IDS, "add": "一期"}),
    "console:group": page(here(Permission.VIEW), group_id="group"),
    "console:group_messages": page(here(Permission.VIEW), group_id="group"),
    "console:members": page(signed_in),
    "console:member": page(here(Permission.VIEW), member_id="member"),
    "console:member_said": page(here(Permission.VIEW), member_id="member", group_id="group", day="2026-11-20"),
    # ---- the inbox
    "console:inbox": page(signed_in),
    "console:inbox_message": page(here(Permission.VIEW), **MESSAGE),
    "console:inbox_reply": change(
        here(Permission.REPLY),
        {"text": "好", "seen": "1", "submission": "0198f0c0-0000-7000-8000-000000000002"},
        **MESSAGE,
    ),
    "console:inbox_answer_again": change(here(Permission.REPLY), **MESSAGE, answer_id="answer"),
    "console:inbox_assign": change(here(Permission.REPLY), {"staff": "{agent}"}, **MESSAGE),
    "console:inbox_done": change(here(Permission.REPLY), **MESSAGE),
    "console:inbox_reopen": change(here(Permission.REPLY), **MESSAGE),
    # ---- keyword replies
    "console:keyword_replies": page(signed_in),
    "console:rule_new": change(here(Permission.OPERATE), {**RULE, "community": "{home}"}),
    "console:rule_try": page(here(Permission.VIEW), {"group": "{group}", "text": "报名"}),
    "console:rule_preview": change(signed_in, {"answer": "好"}, audited=False, answers=200),
    "console:rule_groups": page(signed_in),
    "console:rule": page(here(Permission.VIEW), rule_id="rule"),
    "console:rule_switch": change(here(Permission.OPERATE), {"enabled": "0"}, rule_id="rule"),
    "console:rule_delete": change(here(Permission.OPERATE), rule_id="rule"),
    "console:rule_restore": change(here(Permission.OPERATE), rule_id="deleted"),
    # ---- broadcasts and deliveries
    "console:broadcasts": page(signed_in),
    "console:broadcast_new": change(here(Permission.OPERATE), BROADCAST),
    "console:broadcast_beside": change(anywhere(Permission.OPERATE), BROADCAST, audited=False, answers=200),
    "console:broadcast_offer": page(anywhere(Permission.OPERATE)),
    "console:broadcast_phone": change(anywhere(Permission.OPERATE), BROADCAST, audited=False, answers=200),
    "console:broadcast": page(here(Permission.VIEW), broadcast_id="broadcast"),
    "console:broadcast_stop": change(here(Permission.OPERATE), broadcast_id="broadcast"),
    "console:broadcast_recall": change(here(Permission.OPERATE), broadcast_id="broadcast"),
    "console:broadcast_retry": change(here(Permission.OPERATE), broadcast_id="broadcast"),
    "console:broadcast_csv": page(here(Permission.VIEW), broadcast_id="broadcast"),
    "console:deliveries": page(signed_in),
    "console:delivery": page(here(Permission.VIEW), delivery_id="delivery"),
    "console:delivery_settle": change(here(Permission.OPERATE), {"verdict": "arrived"}, delivery_id="delivery"),
    # ---- the sandbox
    "console:sandbox": page(installation(Permission.OPERATE), answers=302),
    "console:sandbox_new": change(installation(Permission.OPERATE), audited=False),
    "console:sandbox_room": page(installation(Permission.OPERATE), group_id="group"),
    "console:sandbox_talk": page(installation(Permission.OPERATE), group_id="group"),
    "console:sandbox_say": change(
        installation(Permission.OPERATE),
        {"as": "@zhang", "text": "你好"},
        audited=False,
        group_id="group",
    ),
    "console:sandbox_alter": change(
        installation(Permission.OPERATE), {"message": "m"}, audited=False, group_id="group"
    ),
    "console:sandbox_join": change(
        installation(Permission.OPERATE), {"name": "新人"}, audited=False, group_id="group"
    ),
    "console:sandbox_leave": change(
        installation(Permission.OPERATE), {"as": "@zhang"}, audited=False, group_id="group"
    ),
    "console:sandbox_open": change(installation(Permission.OPERATE), {"name": "二群"}, group_id="group"),
    # ---- accounts
    "console:accounts": page(installation(Permission.OPERATE)),
    "console:account_new": page(installation(Permission.ADMINISTER)),
    "console:account_connect": change(installation(Permission.ADMINISTER), {"name": "沙盒"}, platform="sandbox"),
    "console:set_aside": page(installation(Permission.OPERATE)),
    "console:set_aside_settle": change(installation(Permission.OPERATE), event_id="event"),
    "console:account": page(installation(Permission.OPERATE), account_id="account"),
    "console:account_change": change(installation(Permission.ADMINISTER), {"name": "新名"}, account_id="account"),
    "console:account_check": change(installation(Permission.OPERATE), audited=False, account_id="account"),
    "console:account_switch": change(installation(Permission.ADMINISTER), {"enabled": ""}, account_id="account"),
    "console:account_remove": change(installation(Permission.ADMINISTER), {"end_seats": "yes"}, account_id="account"),
}
