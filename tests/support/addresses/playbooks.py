"""Who gets what: playbooks, their runs, the calendar, roles that go round."""

from qunce.kernel.actor import Permission
from tests.support.lines import change, here, nobody, page, public, signed_in

EXPECTED = {
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
    "console:group_script": page(here(Permission.VIEW), group_id="group"),
    "console:calendar_move": change(here(Permission.OPERATE), {"day": "{next_day}"}, schedule_id="once"),
    "console:calendar_open": change(signed_in, answers=200),
    "console:calendar_feed": public(404, 404, token="none"),
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
}
