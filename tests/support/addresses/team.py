"""Who gets what: signing in, oneself, the team and what waits for people."""

from qunce.kernel.actor import Permission, Role
from tests.support.lines import Line, anywhere, below, change, here, installation, nobody, page, public, signed_in

EXPECTED = {
    # ---- signing in
    "favicon": public(302, 302),
    "healthz": public(503, 503),  # no role beats in this test
    "account_login": public(answers=302),
    "account_logout": public(302),
    "account_inactive": public(),
    "welcome": public(404, 404, token="none"),
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
}
