"""Who gets what: communities, groups, members, and members' own pages."""

from qunce.kernel.actor import Permission
from tests.support.lines import Line, anywhere, change, here, installation, page, public, signed_in

COMMUNITY = {"zone": "UTC", "speaks": "en"}
IDS = {"ids": ["group"]}
OF_SESSION = {"ref": "ref", "session_id": "session"}

EXPECTED = {
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
    "memberpages:my_turns": public(200, 200),
    "memberpages:turns": public(404, 404, ref="ref"),
    "memberpages:turn": Line(
        signed_in,
        posts={"do": "accept", "day": "2026-12-24"},
        outside=404,
        audited=False,
        answers=404,
        args={"ref": "ref", "rota_id": "rota"},
    ),
    "memberpages:suggestions": Line(
        signed_in, posts={"text": "开个摄影角"}, outside=404, audited=False, answers=404, args={"ref": "ref"}
    ),
    "memberpages:about": public(404, 404, ref="ref"),
    "memberpages:library": public(404, 404, ref="ref"),
    "memberpages:library_item": public(404, 404, ref="ref", item_id="item"),
    "memberpages:library_rate": Line(
        signed_in,
        posts={"stars": "5"},
        outside=404,
        audited=False,
        answers=404,
        args={"ref": "ref", "item_id": "item"},
    ),
    "memberpages:library_file": public(404, 404, ref="ref", item_id="item", sha256="file"),
    "memberpages:handed": public(token="item_address"),
    "memberpages:handed_file": public(token="item_address", sha256="file"),
    "memberpages:drafts": public(404, 404, ref="ref"),
    "memberpages:draft": public(404, 404, ref="ref", session_id="session"),
    "memberpages:draft_edit": Line(
        signed_in, posts={"op": "title"}, outside=404, audited=False, answers=404, args=OF_SESSION
    ),
    "memberpages:draft_done": Line(signed_in, posts={}, outside=404, audited=False, answers=404, args=OF_SESSION),
    "memberpages:quoted": public(404, 404, ref="ref"),
    "memberpages:quoted_answer": Line(
        signed_in,
        posts={"answer": "yes"},
        outside=404,
        audited=False,
        answers=404,
        args={"ref": "ref", "consent_id": "consent"},
    ),
}
