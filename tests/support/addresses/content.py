"""Who gets what: the library, briefs, sessions, suggestions, public sites."""

from qunce.kernel.actor import Permission
from tests.support.lines import anywhere, change, here, page, public, signed_in

ITEM = {"kind": "article", "title": "案例一", "body": "正文", "openness": "members", "community": "{home}"}

EXPECTED = {
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
    "console:session_away": change(here(Permission.OPERATE), session_id="session"),
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
    "console:practice_scribes": change(here(Permission.LEAD), {"member": "{member}"}, community_id="home"),
    # ---- briefs, feeds and suggestions
    "console:briefs": page(signed_in),
    "console:brief_plan_new": page(here(Permission.OPERATE), {"community": "{home}"}),
    "console:brief_plan": page(here(Permission.OPERATE), plan_id="brief_plan"),
    "console:brief_plan_rest": change(here(Permission.OPERATE), plan_id="brief_plan"),
    "console:brief_plan_archive": change(here(Permission.OPERATE), plan_id="brief_plan"),
    "console:brief_unpick": change(here(Permission.REPLY), pick_id="pick"),
    "console:brief": page(here(Permission.VIEW), brief_id="brief"),
    "console:brief_phones": change(
        here(Permission.OPERATE), {"header": "早"}, audited=False, answers=200, brief_id="brief"
    ),
    "console:brief_add": change(here(Permission.OPERATE), {"title": "手写一条"}, brief_id="brief"),
    "console:brief_decide": change(here(Permission.OPERATE), {"reason": "放假"}, brief_id="brief", verb="leave-out"),
    "console:brief_offer": page(
        here(Permission.REPLY), {"group": "{group}", "at": "{message_at}", "message": "{message}"}
    ),
    "console:brief_pick": change(here(Permission.REPLY), {"plan": "{brief_plan}", "title": "值得一看"}),
    "console:feeds": page(signed_in),
    "console:feeds_import": change(signed_in, audited=False),
    "console:feeds_export": page(signed_in),
    "console:feed": page(here(Permission.VIEW), feed_id="feed"),
    "console:feed_act": change(here(Permission.OPERATE), feed_id="feed", verb="pause"),
    "console:suggestions": page(signed_in),
    "console:suggestions_export": page(signed_in),
    "console:suggestions_thanks": page(signed_in),
    "console:suggestion_new": change(here(Permission.REPLY), {"text": "开个摄影角", "community": "{home}"}),
    "console:suggestion": page(here(Permission.VIEW), suggestion_id="suggestion"),
    "console:suggestion_undo": change(here(Permission.OPERATE), audited=False, suggestion_id="suggestion"),
    "console:suggestion_merge": change(
        here(Permission.OPERATE), {"into": "{other_suggestion}"}, suggestion_id="suggestion"
    ),
    "console:suggestion_separate": change(here(Permission.OPERATE), suggestion_id="same_suggestion"),
    # ---- the library
    "console:library": page(signed_in),
    "console:items_tag": change(here(Permission.OPERATE), {"ids": ["item"], "tags": "案例"}),
    "console:item_offer": page(signed_in, {"find": "anli"}),
    "console:item_new": change(here(Permission.OPERATE), ITEM),
    "console:item_preview": change(signed_in, {"kind": "article", "body": "# 一"}, audited=False, answers=200),
    "console:item": page(here(Permission.VIEW), item_id="item"),
    "console:item_edit": change(
        here(Permission.OPERATE), {"title": "新题", "openness": "members", "edition": "1"}, item_id="item"
    ),
    "console:item_publish": change(here(Permission.OPERATE), {"edition": "1"}, item_id="draft_item"),
    "console:item_take_down": change(here(Permission.OPERATE), {"reason": "过时"}, item_id="item"),
    "console:item_archive": change(here(Permission.OPERATE), item_id="item"),
    "console:item_restore": change(here(Permission.OPERATE), item_id="archived_item"),
    "console:item_duplicate": change(here(Permission.OPERATE), item_id="item"),
    "console:item_openness": change(here(Permission.OPERATE), {"openness": "team"}, item_id="item"),
    "console:item_version": page(here(Permission.VIEW), item_id="item", number=1),
    "console:item_file": page(here(Permission.VIEW), item_id="item", sha256="file"),
    "console:items_export": page(signed_in),
    "console:items_import": page(anywhere(Permission.OPERATE)),
    "console:items_import_do": change(here(Permission.OPERATE), {"archive": "{archive}", "seen": "{archive_seen}"}),
}
