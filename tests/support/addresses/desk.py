"""Who gets what: the inbox and keyword replies."""

from qunce.kernel.actor import Permission
from tests.support.lines import anywhere, change, here, page, public, signed_in

RULE = {"keywords": "报名", "match": "contains", "answer": "好", "reach": "community", "cooldown": 0}
MESSAGE = {"group_id": "group", "at": "message_at", "message_id": "message"}

EXPECTED = {
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
}
