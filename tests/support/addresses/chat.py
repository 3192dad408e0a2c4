"""Who gets what: platforms, broadcasts, deliveries, accounts, the sandbox."""

from qunce.kernel.actor import Permission
from tests.support.lines import Line, anywhere, change, here, installation, page, public, signed_in

BROADCAST = {
    "step": "send",
    "text": "今晚八点",
    "whom": "picked",
    "group_ids": ["group"],
    "submission": "0198f0c0-0000-7000-8000-000000000001",
}

EXPECTED = {
    # ---- platforms, which prove themselves with every call
    "console:hook": Line(
        signed_in, {}, outside=403, audited=False, answers=403, args={"account_id": "account", "rest": ""}
    ),
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
    # ---- broadcasts and deliveries
    "console:broadcasts": page(signed_in),
    "console:broadcast_new": change(here(Permission.OPERATE), BROADCAST),
    "console:broadcast_beside": change(anywhere(Permission.OPERATE), BROADCAST, audited=False, answers=200),
    "console:broadcast_offer": page(anywhere(Permission.OPERATE)),
    "console:broadcast_phone": change(anywhere(Permission.OPERATE), BROADCAST, audited=False, answers=200),
    "console:broadcast_attach": change(anywhere(Permission.OPERATE), audited=False, answers=200),
    "console:schedule": page(here(Permission.VIEW), schedule_id="schedule"),
    "console:schedule_cancel": change(here(Permission.OPERATE), schedule_id="schedule"),
    "console:restraint": page(here(Permission.LEAD), community_id="home"),
    "console:file": page(anywhere(Permission.VIEW), sha256="file"),
    "console:link": public(302, 302, token="short_link"),
    "console:broadcast": page(here(Permission.VIEW), broadcast_id="broadcast"),
    "console:broadcast_stop": change(here(Permission.OPERATE), broadcast_id="broadcast"),
    "console:broadcast_recall": change(here(Permission.OPERATE), broadcast_id="broadcast"),
    "console:broadcast_retry": change(here(Permission.OPERATE), broadcast_id="broadcast"),
    "console:broadcast_resume": change(here(Permission.OPERATE), broadcast_id="stopped"),
    "console:broadcast_csv": page(here(Permission.VIEW), broadcast_id="broadcast"),
    "console:deliveries": page(signed_in),
    "console:delivery": page(here(Permission.VIEW), delivery_id="delivery"),
    "console:delivery_settle": change(here(Permission.OPERATE), {"verdict": "arrived"}, delivery_id="delivery"),
    "console:delivery_retry": change(here(Permission.OPERATE), delivery_id="failed"),
    # ---- what is carried over by hand
    "console:by_hand": page(signed_in),
    "console:by_hand_act": change(here(Permission.OPERATE), delivery_id="carried", verb="sent"),
    "console:by_hand_file": page(here(Permission.OPERATE), delivery_id="pictured", place=1),
    "console:delivery_proof": page(here(Permission.VIEW), delivery_id="pictured"),
    "console:hand_groups": change(installation(Permission.OPERATE), {"lines": "二群, 30"}, account_id="phone"),
    "console:hand_group": change(
        installation(Permission.OPERATE), {"name": "新名"}, account_id="phone", group_id="phone group"
    ),
    "console:hand_group_gone": change(installation(Permission.OPERATE), account_id="phone", group_id="phone group"),
    "console:account_carrier": change(
        installation(Permission.ADMINISTER), {"carrier": "{colleague}"}, account_id="phone"
    ),
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
