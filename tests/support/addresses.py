"""What every role gets at every address of the web role: the table that test_every_url.py asks by.

    "console:group": page(here(Permission.VIEW), group_id="group"),

A page is got by those within its scope; the others get 403, or 404 where they may not know that it exists. A change
is posted by everybody: within the scope it writes its audit entry, outside it writes none. Texts in what is sent,
and arguments, may name things of the test's stage.
"""

from qunce.kernel.actor import Permission, Role
from tests.support.addresses_of_sessions import SESSIONS
from tests.support.lines import Line, anywhere, below, change, here, installation, nobody, page, public, signed_in

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
    "favicon": public(302, 302),
    "healthz": public(503, 503),  # no role beats in this test
    "account_login": public(answers=302),
    "account_logout": public(302),
    "account_inactive": public(),
    "welcome": public(404, 404, token="none"),
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
    # ---- oneself
    "console:profile": change(signed_in, {"name": "新名", "language": "en", "zone": "UTC", "theme": "dark"}),
    "console:reach": change(signed_in, {"mail": "on", "topics": ["alerts"]}),
    "console:link_chat": change(signed_in),
    "console:unlink_chat": change(signed_in, audited=False),
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
    # ---- tasks, approvals, alerts
    "console:tasks": page(signed_in),
    "console:task_new": change(here(Permission.REPLY), {"title": "换公告", "community": "{home}", "whom": "me"}),
    "console:task": page(here(Permission.VIEW), task_id="task"),
    "console:task_done": change(here(Permission.REPLY), {"note": "好了"}, task_id="task"),
    "console:task_cancel": change(here(Permission.REPLY), {"reason": "不用了"}, task_id="task"),
    "console:task_reopen": change(here(Permission.REPLY), task_id="ended"),
    "console:task_assign": change(here(Permission.REPLY), {"whom": "me"}, task_id="task"),
    "console:task_change": change(here(Permission.REPLY), {"title": "换群公告"}, task_id="task"),
    "console:task_proof": page(here(Permission.VIEW), task_id="ended"),
    "console:approvals": page(signed_in),
    "console:approval_decide": change(here(Permission.LEAD), {"verdict": "yes"}, approval_id="approval"),
    "console:approval_withdraw": change(nobody, approval_id="approval"),
    "console:role_request": change(below(Role.OWNER), {"community": "{home}", "role": "owner", "reason": "我来"}),
    "console:alerts": page(signed_in),
    "console:alert_acknowledge": change(here(Permission.OPERATE), alert_id="alert"),
    "console:audit": page(anywhere(Permission.LEAD)),
    "console:doctor": page(installation(Permission.OPERATE)),
    # ---- insights
    "console:insights": page(signed_in),
    "console:next_hour": page(signed_in),
    "console:load": page(signed_in),
    "console:group_insight": page(here(Permission.VIEW), {"piece": "numbers"}, group_id="group"),
    "console:group_words": page(here(Permission.VIEW), group_id="group"),
    "console:silence": change(
        here(Permission.OPERATE), {"kind": "course", "begins_on": "2026-11-20"}, group_id="group"
    ),
    "console:silence_take_back": change(here(Permission.OPERATE), group_id="archived", plan_id="silence"),
    "console:community_insight": page(here(Permission.VIEW), community_id="home"),
    "console:community_terms": change(here(Permission.OPERATE), {"words": "共读营"}, community_id="home"),
    "console:newcomers": page(here(Permission.VIEW), {"rung": "spoke"}, community_id="home"),
    # ---- histories of other programs
    "console:histories": page(signed_in),
    "console:history_upload": change(anywhere(Permission.LEAD), audited=False, answers=422),
    "console:history_new": page(anywhere(Permission.LEAD), {"file": "{handed}"}),
    "console:history_begin": change(
        here(Permission.LEAD),
        {"file": "{handed}", "format": "telegram", "chat": "{chat}", "into": "new", "community": "{home}"},
    ),
    "console:history": page(here(Permission.LEAD), import_id="import"),
    "console:history_stop": change(here(Permission.LEAD), import_id="import"),
    "console:history_resume": change(here(Permission.LEAD), import_id="stopped_import"),
    "console:history_undo": change(here(Permission.LEAD), import_id="stopped_import"),
    "console:history_forget": change(here(Permission.LEAD), import_id="stopped_import"),
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
    "console:notice": page(here(Permission.VIEW), community_id="home"),
    "console:notice_preview": change(
        here(Permission.VIEW), {"text": "{{group}}"}, audited=False, answers=200, community_id="home"
    ),
    "console:notice_push": change(here(Permission.OPERATE), community_id="home"),
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
    "console:members_export": page(anywhere(Permission.LEAD)),
    "console:core_members": page(signed_in),
    "console:member_rename": change(here(Permission.OPERATE), {"name": "小张"}, member_id="member"),
    "console:member_tag": change(here(Permission.OPERATE), {"add": "摄影"}, member_id="member"),
    "console:member_note": change(here(Permission.REPLY), {"text": "爱问问题"}, member_id="member"),
    "console:member_note_remove": change(here(Permission.LEAD), member_id="member", entry_id="note"),
    "console:member_standing": change(here(Permission.OPERATE), {"core": "1"}, member_id="member"),
    "console:member_named": change(here(Permission.OPERATE), {"named": ""}, member_id="member"),
    "console:member_step": change(here(Permission.OPERATE), {"text": "问近况"}, member_id="member"),
    "console:member_step_finish": change(here(Permission.REPLY), {"done": "1"}, member_id="member"),
    "console:member_merge": change(
        here(Permission.OPERATE), {"with": "{other}", "keep": "{member}"}, member_id="member"
    ),
    "console:member_separate": change(here(Permission.OPERATE), member_id="merged"),
    "console:broadcast_answers": page(here(Permission.VIEW), broadcast_id="call"),
    "console:broadcast_answers_csv": page(here(Permission.LEAD), broadcast_id="call"),
    "console:broadcast_chase": change(
        here(Permission.OPERATE), {**IDS, "step": "send", "text": "看到请回一声"}, broadcast_id="call"
    ),
    "console:member_links": change(
        here(Permission.OPERATE), {"community": "{home}", "days": "30"}, answers=200, member_id="member"
    ),
    "console:member_link_revoke": change(here(Permission.OPERATE), member_id="member", link_id="link"),
    "console:member_links_revoke": change(here(Permission.OPERATE), member_id="member"),
    # ---- members' own pages: no role opens them, only a link
    "memberpages:language": Line(signed_in, posts={"language": "en"}, outside=302, audited=False),
    "memberpages:enter": public(404, 404, token="none"),
    "memberpages:enter_now": Line(signed_in, posts={"token": "none"}, outside=404, audited=False, answers=404),
    "memberpages:home": public(404, 404, ref="ref"),
    "memberpages:stored": public(404, 404, ref="ref"),
    "memberpages:stored_file": public(404, 404, ref="ref"),
    "memberpages:mute": Line(
        signed_in, posts={"muted": "yes"}, outside=404, audited=False, answers=404, args={"ref": "ref"}
    ),
    "memberpages:about": public(404, 404, ref="ref"),
    **SESSIONS,
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
    "console:rule_file": page(here(Permission.VIEW), rule_id="rule", sha256="file"),
    "console:linked_file": public(token="file_link"),
    "console:rule_export": page(signed_in),
    "console:rule_import": page(anywhere(Permission.OPERATE)),
    "console:rule_import_do": change(here(Permission.OPERATE), {"sheet": "{sheet}", "seen": "{sheet_seen}"}),
    "console:rule_switch": change(here(Permission.OPERATE), {"enabled": "0"}, rule_id="rule"),
    "console:rule_delete": change(here(Permission.OPERATE), rule_id="rule"),
    "console:rule_restore": change(here(Permission.OPERATE), rule_id="deleted"),
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
    # ---- playbooks, their runs, the calendar
    "console:playbooks": page(signed_in),
    "console:playbook_new": change(
        here(Permission.OPERATE), {"title": "早安", "key": "good-morning", "community": "{home}", "audience": "group"}
    ),
    "console:playbook_take": change(here(Permission.OPERATE), {"community": "{home}"}, key="welcome-7-days"),
    "console:playbook": page(here(Permission.VIEW), playbook_id="playbook"),
    "console:playbook_about": page(here(Permission.OPERATE), playbook_id="playbook"),
    "console:playbook_start": page(here(Permission.OPERATE), playbook_id="playbook"),
    "console:playbook_text": page(here(Permission.VIEW), playbook_id="playbook"),
    "console:playbook_text_check": change(
        here(Permission.VIEW), {"text": "key: x"}, audited=False, answers=200, playbook_id="playbook"
    ),
    "console:playbook_export": page(here(Permission.VIEW), playbook_id="playbook"),
    "console:playbook_publish": page(here(Permission.OPERATE), playbook_id="playbook"),
    "console:playbook_versions": page(here(Permission.VIEW), playbook_id="playbook"),
    "console:playbook_duplicate": change(here(Permission.OPERATE), playbook_id="playbook"),
    "console:playbook_archive": change(here(Permission.OPERATE), playbook_id="idle playbook"),
    "console:playbook_note": change(here(Permission.OPERATE), {"note": "周末再发"}, playbook_id="playbook"),
    "console:playbook_editor": page(here(Permission.VIEW), playbook_id="playbook"),
    "console:playbook_edit": change(
        here(Permission.OPERATE), {"op": "duplicate", "step": "hello"}, answers=200, playbook_id="playbook"
    ),
    "console:playbook_step": page(here(Permission.VIEW), playbook_id="playbook", step_id="hello"),
    "console:playbook_preview": change(
        here(Permission.VIEW), audited=False, answers=200, playbook_id="playbook", step_id="hello"
    ),
    "console:run_begin": change(
        here(Permission.OPERATE),
        {
            "step": "begin",
            "whom": "picked",
            "group_ids": ["group"],
            "submission": "0198f0c0-0000-7000-8000-000000000003",
        },
        playbook_id="playbook",
    ),
    "console:playbook_rehearse": change(
        here(Permission.OPERATE),
        {
            "whom": "picked",
            "group_ids": ["group"],
            "days": "7",
            "submission": "0198f0c0-0000-7000-8000-000000000004",
        },
        playbook_id="playbook",
    ),
    "console:rehearsal": page(nobody, rehearsal_id="rehearsal"),
    "console:run": page(here(Permission.VIEW), run_id="run"),
    "console:run_move": page(here(Permission.OPERATE), run_id="run"),
    "console:run_call": page(here(Permission.VIEW), run_id="run", step_id="question"),
    "console:run_act": change(here(Permission.OPERATE), run_id="run", verb="pause"),
    "console:track": page(here(Permission.VIEW), track_id="track"),
    "console:track_redo": change(here(Permission.OPERATE), {"step": "hello"}, track_id="track"),
    "console:calendar": page(signed_in),
    "console:calendar_move": change(here(Permission.OPERATE), {"day": "{next_day}"}, schedule_id="once"),
    "console:calendar_open": change(signed_in, answers=200),
    "console:calendar_feed": public(404, 404, token="none"),
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
    # ---- reports
    "console:reports": page(signed_in),
    "console:warning": page(anywhere(Permission.LEAD)),
    "console:warning_measure": change(installation(Permission.LEAD)),
    "console:warning_adopt": change(installation(Permission.LEAD), model_id="warning"),
    "console:warning_built_in": change(installation(Permission.LEAD)),
    "console:report": page(here(Permission.VIEW), report_id="report"),
    "console:report_pdf": page(here(Permission.VIEW), report_id="report"),
    "console:report_words": page(here(Permission.VIEW), report_id="report"),
    "console:report_plan": change(
        here(Permission.LEAD),
        {"rhythm": "weekly", "hour": "8", "language": "zh-hans", "channel": "group", "group": "{group}"},
        community_id="home",
    ),
    "console:report_stop": change(here(Permission.LEAD), plan_id="report plan"),
    # ---- roles that go round
    "console:rotas": page(signed_in),
    "console:rota_new": page(here(Permission.OPERATE), group_id="group"),
    "console:rota": page(here(Permission.VIEW), rota_id="rota"),
    "console:rota_change": page(here(Permission.OPERATE), rota_id="rota"),
    "console:rota_give": change(
        here(Permission.OPERATE), {"day": "{rota_day}", "member": "{member}"}, rota_id="rota"
    ),
    "console:rota_swap": change(
        here(Permission.OPERATE), {"day": "{rota_day}", "other": "{rota_next}"}, rota_id="rota"
    ),
    "console:rota_settle": change(here(Permission.OPERATE), {"day": "{rota_day}", "kept": "yes"}, rota_id="rota"),
    "console:rota_away": change(here(Permission.OPERATE), {"member": "{member}"}, rota_id="rota"),
    "console:rota_end": change(here(Permission.OPERATE), rota_id="rota"),
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
