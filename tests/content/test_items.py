"""The library: writing, publishing, finding, tagging, putting away; who may do what of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunce.content import actions, policies, selectors
from qunce.content.models import ItemVersion
from qunce.content.types import ItemDocument, ItemFilter, ItemKind, ItemState, Openness
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.models import AuditEntry
from tests.content.support import FILE, article, document, published
from tests.support import world

pytestmark = pytest.mark.django_db


def found(text="", **wanted):
    return {row.title for row in selectors.find_items(SYSTEM, ItemFilter(text=text, **wanted))}


# ------------------------------------------------------------------ finding
def test_an_item_is_found_as_written_as_it_sounds_and_by_initials():
    article("拆书案例合集", tags=("共读",), author="林芝", summary="四个真实的群")
    article("A field guide")
    for text in ("案例", "anli", "al", "拆书", "共读", "gongdu", "林芝", "真实", "拆书 合集"):
        assert found(text) == {"拆书案例合集"}, text
    assert found("guide") == {"A field guide"}
    assert not found("案例 guide")


def test_filters_narrow_the_list_and_states_are_told_apart():
    home = world.a_community("书房")
    draft = article("一")
    out = published("二", community_id=home.pk, openness=Openness.PUBLIC)
    down = published("三")
    actions.take_down_item(actor=SYSTEM, item_id=down.pk, reason="过时")
    changed = published("四", kind=ItemKind.REPORT)
    change(changed, document("四", ItemKind.REPORT, body="更新"))
    states = {row.title: selectors.state_of(row) for row in selectors.find_items(SYSTEM, ItemFilter())}
    assert states == {"一": "draft", "二": "published", "三": "down", "四": "changed"}
    assert all(found(state=state) == {title} for title, state in states.items())
    assert found(kind=ItemKind.REPORT) == {"四"}
    assert found(community_id=home.pk) == {out.title}
    assert found(community_id=0) == {"一", "三", "四"}
    assert found(openness=Openness.PUBLIC) == {"二"}
    actions.archive_item(actor=SYSTEM, item_id=draft.pk)
    assert found(archived=True) == {"一"}
    assert "一" not in found()
    actions.restore_item(actor=SYSTEM, item_id=draft.pk)
    assert found(state=ItemState.DRAFT) == {"一"}


def change(row, new, **more):
    row = selectors.item(SYSTEM, row.pk)
    given = {"key": row.key, "openness": Openness(row.openness), "edition": row.edition, **more}
    return actions.change_item(actor=SYSTEM, item_id=row.pk, document=new, **given)


# ------------------------------------------------------------------ publishing
@pytest.mark.parametrize(
    ("lacks", "said"),
    [
        (ItemDocument(kind=ItemKind.ARTICLE, title="x"), "no text"),
        (ItemDocument(kind=ItemKind.LINK, title="x"), "no address"),
        (ItemDocument(kind=ItemKind.FILE, title="x"), "no file"),
        (ItemDocument(kind=ItemKind.IMAGE, title="x", files=(FILE,)), "no picture"),
        (ItemDocument(kind=ItemKind.POLL, title="x", options=("一", "二")), "no question"),
        (ItemDocument(kind=ItemKind.POLL, title="x", question="?", options=("一", "一")), "fewer than two"),
        (ItemDocument(kind=ItemKind.QUIZ, title="x", question="?", options=("一", "二")), "marked as right"),
        (
            ItemDocument(kind=ItemKind.QUIZ, title="x", question="?", options=("一", "二"), right=(2,)),
            "marked as right",
        ),
    ],
)
def test_what_is_not_whole_stays_a_draft(lacks, said):
    row = actions.create_item(actor=SYSTEM, document=lacks, key="x")
    with pytest.raises(Invalid, match=said):
        actions.publish_item(actor=SYSTEM, item_id=row.pk, edition=1)
    assert not ItemVersion.objects.exists()


def test_a_version_never_changes_and_the_same_twice_is_one():
    row = published("一")
    change(row, document("一", body="第二稿"))
    with pytest.raises(Conflict, match="changed this item"):
        change(row, document("一", body="第三稿"), edition=1)
    with pytest.raises(Conflict, match="not published"):
        actions.publish_item(actor=SYSTEM, item_id=row.pk, edition=1)
    for _again in range(2):
        actions.publish_item(actor=SYSTEM, item_id=row.pk, edition=2)
    bodies = [each.document["body"] for each in row.versions.order_by("number")]
    assert bodies == ["正文", "第二稿"]


def test_what_everybody_reads_is_for_a_lead_to_open():
    home = world.a_community("书房")
    operator, lead = (Actor(n, "x", {home.pk: role}) for n, role in enumerate((Role.OPERATOR, Role.LEAD), 1))
    row = published("一", community_id=home.pk)
    with pytest.raises(NotAllowed):
        actions.open_to(actor=operator, item_id=row.pk, openness=Openness.PUBLIC)
    actions.open_to(actor=lead, item_id=row.pk, openness=Openness.PUBLIC)
    with pytest.raises(NotAllowed):
        actions.publish_item(actor=operator, item_id=row.pk, edition=2)


def test_who_sees_one_community_neither_sees_nor_changes_another():
    mine, other = world.a_community("一"), world.a_community("二")
    operator = Actor(1, "陈默", {mine.pk: Role.OPERATOR})
    theirs, everybodys = published("别人的", community_id=other.pk), published("大家的")
    assert {row.title for row in selectors.find_items(operator, ItemFilter())} == {"大家的"}
    with pytest.raises(NotFound):
        selectors.item(operator, theirs.pk)
    for act in (actions.archive_item, actions.duplicate_item, actions.restore_item):
        with pytest.raises(NotAllowed):
            act(actor=operator, item_id=everybodys.pk)
    with pytest.raises(NotAllowed):
        actions.tag_items(actor=operator, item_ids=[everybodys.pk], add=["x"])
    with pytest.raises(NotFound):
        actions.take_down_item(actor=operator, item_id=theirs.pk, reason="")


# ------------------------------------------------------------------ several, copies, names
def test_tags_are_put_on_several_and_taken_off():
    rows = [article(title, tags=("旧",)) for title in "一二"]
    keys = [row.pk for row in rows]
    assert actions.tag_items(actor=SYSTEM, item_ids=keys, add=["新"], remove=["旧"]) == 2
    assert actions.tag_items(actor=SYSTEM, item_ids=keys, add=["新"]) == 0
    assert selectors.tags(SYSTEM) == ["新"]
    assert found("xin") == {"一", "二"}
    with pytest.raises(Invalid, match="too many tags"):
        actions.tag_items(actor=SYSTEM, item_ids=keys, add=[str(n) for n in range(20)])
    assert AuditEntry.objects.filter(action="item.tagged").count() == 2


def test_a_copy_is_a_draft_with_a_name_of_its_own():
    row = published("一", key="case")
    copies = [actions.duplicate_item(actor=SYSTEM, item_id=row.pk) for _each in range(2)]
    assert [(each.key, each.title, each.published_id) for each in copies] == [
        ("case-2", "一 (copy)", None),
        ("case-3", "一 (copy)", None),
    ]
    assert selectors.free_key("怎么 提问？", None) == "怎么-提问"


# ------------------------------------------------------------------ how it is read
@pytest.mark.parametrize(
    "bad",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "![x](javascript:alert(1))",
        "<a href='https://a.cn' onclick='x()'>a</a>",
    ],
)
def test_nothing_that_runs_comes_through(bad):
    html = policies.rendered(bad)
    assert not any(piece in html for piece in ("<script", "<img", 'href="javascript', 'href="data', "<a href='"))


def test_headings_stand_lower_and_foreign_pictures_become_links():
    html = policies.rendered("# 一\n\n![海报](poster.png) ![外面](https://a.cn/x.png)", {"poster.png": "/here.png"})
    assert "<h2>一</h2>" in html
    assert 'src="/here.png"' in html
    assert '<a href="https://a.cn/x.png"' in html
    assert html.count("<img") == 1


@given(st.text(max_size=200))
def test_whatever_is_written_is_rendered_without_attributes_that_run(text):
    html = policies.rendered(text).lower()
    assert "<script" not in html
    assert not any(f"<{tag} on" in html for tag in ("a", "p", "img"))


def test_two_versions_are_set_side_by_side():
    before = "\n".join(["一", *(f"同{n}" for n in range(9)), "尾"])
    after = before.replace("一", "二", 1).replace("同8", "异")
    lines = [(line.kind, line.text or line.count) for line in policies.lines(before, after)]
    assert lines[:4] == [("gone", "一"), ("new", "二"), ("same", "同0"), ("same", "同1")]
    assert lines[4] == ("left_out", 4)
    assert lines[-3:] == [("gone", "同8"), ("new", "异"), ("same", "尾")]
    assert policies.lines(before, before) == []


def test_an_address_is_one_of_the_web():
    for url in ("javascript:alert(1)", "ftp://a.cn", "//a.cn", "https://a b"):
        with pytest.raises(ValueError, match="url"):
            ItemDocument(kind=ItemKind.LINK, title="x", url=url)
