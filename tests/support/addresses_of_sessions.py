"""The part of the table of addresses that is about sessions, their write-ups and the public site."""

from qunce.kernel.actor import Permission
from tests.support.lines import Line, change, here, page, public, signed_in

OF_SESSION = {"ref": "ref", "session_id": "session"}

SESSIONS = {
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
    "memberpages:knowledge": public(404, 404, ref="ref"),
    "memberpages:known": public(404, 404, ref="ref", key="item key"),
    "memberpages:known_file": public(404, 404, ref="ref", key="item key", sha256="file"),
    # ---- the public site: anybody reads it
    "site:index": public(),
    "site:home": public(slug="slug"),
    "site:feed": public(slug="slug"),
    "site:sitemap": public(slug="slug"),
    "site:entry": public(slug="slug", key="item key"),
    "site:entry_file": public(404, 404, slug="slug", key="item key", digest="file"),
    # ---- sessions
    "console:sessions": page(signed_in),
    "console:session_new": page(here(Permission.OPERATE), {"group": "{group}", "past": ""}),
    "console:session": page(here(Permission.VIEW), session_id="session"),
    "console:session_edit": change(
        here(Permission.OPERATE), {"op": "title", "text": "新题", "seen": "题目"}, session_id="session"
    ),
    "console:session_end": change(here(Permission.OPERATE), session_id="running session"),
    "console:session_finish": change(here(Permission.OPERATE), session_id="session"),
    "console:session_ask": change(here(Permission.OPERATE), {"outlet": "site"}, session_id="session"),
    "console:session_publish": change(here(Permission.OPERATE), {"outlet": "group"}, session_id="session"),
    "console:session_take_back": change(here(Permission.OPERATE), session_id="session"),
    "console:session_scribes": change(
        here(Permission.OPERATE), {"op": "add", "member": "{member}"}, session_id="session"
    ),
    "console:session_export": change(here(Permission.OPERATE), answers=200, session_id="session"),
    "console:site": page(here(Permission.LEAD), community_id="home"),
    "console:site_change": change(
        here(Permission.LEAD), {"enabled": "on", "slug": "club", "language": "en"}, community_id="home"
    ),
    "console:practice_change": change(
        here(Permission.LEAD),
        {"begins": "开讲", "ends": "散会", "silence": "60", "consent": "24"},
        community_id="home",
    ),
}
