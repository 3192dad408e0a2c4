"""Who gets what: insights, digests, histories, reports."""

from qunce.kernel.actor import Permission
from tests.support.lines import anywhere, change, here, installation, page, signed_in

EXPECTED = {
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
    # ---- digests, and the endpoint that writes
    "console:digests": page(signed_in),
    "console:digest_make": change(
        here(Permission.OPERATE), {"group": "{group}", "stretch": "week"}, community_id="home"
    ),
    "console:digest_plan": change(
        here(Permission.LEAD),
        {"rhythm": "daily", "hour": "8", "language": "zh-hans", "channel": "review", "lines": "6"},
        community_id="home",
    ),
    "console:digest_stop": change(here(Permission.LEAD), plan_id="digest plan"),
    "console:digest": page(here(Permission.VIEW), {"edit": "1"}, digest_id="digest"),
    "console:digest_edit": change(here(Permission.OPERATE), {"edition": "1", "hidden": "0"}, digest_id="digest"),
    "console:digest_post": change(here(Permission.OPERATE), {"edition": "1"}, digest_id="digest"),
    "console:digest_decline": change(here(Permission.OPERATE), {"edition": "1"}, digest_id="digest"),
    "console:digest_again": change(here(Permission.OPERATE), digest_id="digest"),
    "console:digest_export": page(here(Permission.VIEW), digest_id="digest"),
    "console:endpoint": change(
        installation(Permission.ADMINISTER),
        {
            "url": "http://127.0.0.1:9/v1",
            "model": "qwen3",
            "timeout": "1",
            "calls_per_day": "9",
            "tokens_per_day": "9000",
        },
    ),
    "console:endpoint_try": change(installation(Permission.ADMINISTER)),
    "console:endpoint_remove": change(installation(Permission.ADMINISTER)),
    "console:endpoint_consent": change(here(Permission.ADMINISTER), {"allowed": "1"}, community_id="home"),
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
}
