"""The library as a file: out and in again changes nothing; what is wrong is said line by line."""

import io
import json
import zipfile

import pytest

from qunce.content import actions, selectors
from qunce.content.models import Item
from qunce.content.types import ItemFilter, ItemKind, Openness
from qunce.content.types.exchange import LINES, Verdict
from qunce.kernel import files
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Conflict, Invalid
from tests.content.support import article, published, stored
from tests.support import world

pytestmark = pytest.mark.django_db


def bring_in(body, actor=SYSTEM):
    plan = selectors.plan_import(actor, body)
    return actions.import_items(actor=actor, name="a.zip", body=body, seen=plan.seen)


def verdicts(body, actor=SYSTEM):
    return [line.verdict for line in selectors.plan_import(actor, body).lines]


def lines(*given):
    return "".join(f"{json.dumps(line)}\n" for line in given).encode()


def everything():
    rows = Item.objects.order_by("pk").select_related("community", "published")
    return [
        (row.key, row.community and row.community.name, row.openness, row.published_id is not None, row.document)
        for row in rows
    ]


def test_out_and_in_again_changes_nothing_and_an_empty_library_becomes_the_same():
    home = world.a_community("书房")
    published("案例", kind=ItemKind.FILE, files=(stored(),), community_id=home.pk, tags=("共读",))
    article("草稿", author="林芝", openness=Openness.TEAM)
    published("题", kind=ItemKind.QUIZ, openness=Openness.PUBLIC)
    before, body = everything(), selectors.archive(SYSTEM, ItemFilter())
    assert verdicts(body) == [Verdict.SAME] * 3
    done = bring_in(body)
    assert (done.made, done.changed, done.wrong) == (0, 0, 0)
    sha256 = before[0][4]["files"][0]["sha256"]
    wipe()
    files.remove(sha256)
    assert bring_in(body).made == 3
    assert everything() == before
    with files.open_file(sha256) as opened:
        assert opened.read() == b"%PDF-1"


def wipe():
    for row in Item.objects.all():
        Item.objects.filter(pk=row.pk).update(published=None)
        row.versions.all().delete()
        row.delete()


def test_a_changed_line_changes_that_item_alone_and_only_as_it_was_seen():
    row = article("一", key="one")
    article("二", key="two")
    body = lines({"key": "one", "kind": "article", "title": "新的一", "body": "改", "openness": "members"})
    assert verdicts(body) == [Verdict.CHANGED]
    plan = selectors.plan_import(SYSTEM, body)
    actions.tag_items(actor=SYSTEM, item_ids=[row.pk], add=["x"])
    with pytest.raises(Conflict, match="nothing was imported"):
        actions.import_items(actor=SYSTEM, name="x", body=body, seen=plan.seen)
    assert bring_in(body).changed == 1
    assert set(Item.objects.values_list("title", flat=True)) == {"新的一", "二"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"key": "a b", "kind": "article", "title": "x"}, "no name for an address"),
        ({"key": "a", "kind": "song", "title": "x"}, "kind"),
        ({"key": "a", "kind": "article"}, "title"),
        ({"key": "a", "kind": "link", "title": "x", "url": "javascript:alert(1)"}, "url"),
        ({"key": "a", "kind": "article", "title": "x", "community": "别处"}, "no community"),
        ({"key": "a", "kind": "article", "title": "x", "wen": 1}, "wen"),
        ({"key": "a", "kind": "file", "title": "x", "files": [{"name": "x"}]}, "files"),
        ({"key": "a", "kind": "article", "title": "x", "openness": "all"}, "cannot be read"),
        ([1, 2], "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_and_it_stays_out(line, said):
    body = lines(line, {"key": "good", "kind": "article", "title": "好"})
    plan = selectors.plan_import(SYSTEM, body)
    assert [each.verdict for each in plan.lines] == [Verdict.WRONG, Verdict.NEW]
    assert said in plan.lines[0].error
    assert bring_in(body).made == 1


def test_a_file_that_is_missing_is_said():
    gone = {"sha256": "0" * 64, "name": "没有.pdf", "content_type": "application/pdf", "size": 1}
    plan = selectors.plan_import(SYSTEM, lines({"key": "a", "kind": "file", "title": "x", "files": [gone]}))
    assert "没有.pdf" in plan.lines[0].error


@pytest.mark.parametrize("body", [b"PK\x03\x04rubbish", b"\xff\xfe\x00", b"PK"])
def test_what_is_no_archive_is_said(body):
    with pytest.raises(Invalid):
        selectors.plan_import(SYSTEM, body)


def test_a_line_without_a_name_is_called_after_its_title():
    body = lines({"kind": "article", "title": "新手 指南！", "body": "先读群规"})
    plan = selectors.plan_import(SYSTEM, body)
    actions.import_items(actor=SYSTEM, name="x", body=body, seen=plan.seen)
    assert Item.objects.get().key == "新手-指南"
    assert not selectors.plan_import(SYSTEM, body).of(Verdict.NEW, Verdict.CHANGED, Verdict.WRONG)


def test_a_zip_without_lines_and_one_that_swells_are_refused(monkeypatch):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("files/x", b"0" * 10_000)
    with pytest.raises(Invalid, match="holds no library"):
        selectors.plan_import(SYSTEM, packed.getvalue())
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr(LINES, "")
    monkeypatch.setattr("qunce.content.selectors.exchange.LARGEST_ARCHIVE", 100)
    monkeypatch.setattr("qunce.content.selectors.exchange.LARGEST_LINES", 100)
    with pytest.raises(Invalid, match="too large"):
        selectors.plan_import(SYSTEM, packed.getvalue())


def test_who_operates_one_community_brings_in_what_is_its_own_alone():
    home = world.a_community("书房")
    operator = Actor(1, "陈默", {home.pk: Role.OPERATOR})
    body = lines(
        {"key": "a", "kind": "article", "title": "x", "community": "书房", "body": "b", "published": True},
        {"key": "b", "kind": "article", "title": "y"},
        {"key": "c", "kind": "article", "title": "z", "community": "书房", "openness": "public", "published": True},
    )
    assert verdicts(body, operator) == [Verdict.NEW, Verdict.WRONG, Verdict.NEW]
    assert bring_in(body, operator).made == 2
    assert dict(Item.objects.values_list("key", "published_id"))["c"] is None, "a lead opens it to everybody"
    assert dict(Item.objects.values_list("key", "published_id"))["a"] is not None
