"""Items to begin with."""

from qunce.content import actions, selectors
from qunce.content.types import Attached, ItemDocument, ItemKind, Openness
from qunce.kernel import files
from qunce.kernel.actor import SYSTEM

FILE = Attached("0" * 64, "案例.pdf", "application/pdf", 5)
BODIES = {
    ItemKind.LINK: {"url": "https://example.org/reading"},
    ItemKind.POLL: {"question": "哪天读？", "options": ("周六", "周日")},
    ItemKind.QUIZ: {"question": "谁写的？", "options": ("鲁迅", "老舍"), "right": (1,), "explained": "老舍写的"},
}


def document(title="一", kind=ItemKind.ARTICLE, **more):
    """A whole one of its kind."""
    given = {"body": "正文"} if kind not in {*BODIES, ItemKind.FILE, ItemKind.IMAGE} else BODIES.get(kind, {})
    return ItemDocument(kind=kind, title=title, **{**given, **more})


def stored(name="案例.pdf", body=b"%PDF-1", **more):
    """A file that is really there."""
    kept = files.put(body, name=name, content_type="application/pdf")
    return Attached(kept.sha256, name, "application/pdf", kept.size, **more)


def article(title="一", *, key=None, community_id=None, openness=Openness.MEMBERS, **more):
    """A draft."""
    return actions.create_item(
        actor=SYSTEM,
        document=document(title, **more),
        key=key or selectors.free_key(title, community_id),
        community_id=community_id,
        openness=openness,
    )


def published(title="一", **more):
    """One that members have."""
    row = article(title, **more)
    actions.publish_item(actor=SYSTEM, item_id=row.pk, edition=row.edition)
    row.refresh_from_db()
    return row
