"""Items on their way into groups: by keyword, as each platform can have them, counted once, and only what is open."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from qunce.chat.actions import deliveries
from qunce.chat.actions.ingest import stages
from qunce.chat.actions.recognition import memory
from qunce.chat.connectors.sandbox import Sandbox
from qunce.chat.models import Delivery
from qunce.chat.types import DeliveryState, Media, Poll, Text
from qunce.content import actions, policies, selectors
from qunce.content.models import ItemUse
from qunce.content.types import ItemKind, Openness, UseWay, Wire
from qunce.desk import actions as desk
from qunce.desk import selectors as rules
from qunce.desk.types import RuleDraft
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.kernel.errors import Invalid
from tests.chat.support import NOON, account, adopted, live, said
from tests.content.support import document, published, stored
from tests.support import world

pytestmark = pytest.mark.django_db
ALL = Wire("All", frozenset({"file", "image"}), 1 << 20)


@pytest.fixture(autouse=True)
def afresh(settings):
    settings.INBOUND_STAGES = ["qunce.desk.subscribers.KeywordReplies"]
    settings.BASE_URL = "https://q.example"
    memory.forget()
    stages.cache_clear()
    with clock.at(NOON):
        yield
    stages.cache_clear()


@pytest.fixture
def made():
    return account()


@pytest.fixture
def group(made):
    return adopted(made, "!a")["!a"]


def rule(word, answer="", **more):
    return desk.create_rule(actor=SYSTEM, draft=RuleDraft(keywords=(word,), answer=answer, **more))


def answers():
    return [row.content for row in Delivery.objects.order_by("id")]


def carries(monkeypatch, *kinds):
    able = replace(Sandbox.capabilities, media=frozenset(kinds), largest_file=1 << 20)
    monkeypatch.setattr(Sandbox, "capabilities", able)


# ------------------------------------------------------------------ by keyword
def test_a_keyword_brings_the_file_and_the_use_is_kept(made, group, monkeypatch):
    carries(monkeypatch, "file")
    row = published("案例", kind=ItemKind.FILE, files=(stored(),))
    rule("案例", "{name}，给你", item_id=row.pk)
    live(made, said("!a", "案例", key="$1"))
    (content,) = answers()
    assert [part["is"] for part in content] == ["text", "media"]
    assert content[0]["text"] == "张三，给你\n\n案例"
    assert content[1]["name"] == "案例.pdf"
    use = ItemUse.objects.get()
    assert (use.item_id, use.version_id, use.way, use.group_id) == (row.pk, row.published_id, "keyword", group.pk)
    assert use.key == Delivery.objects.get().key
    live(made, said("!a", "案例", key="$1"))
    assert ItemUse.objects.count() == 1


def test_where_files_cannot_go_a_signed_link_does(made, group, monkeypatch):
    carries(monkeypatch)
    row = published("案例", kind=ItemKind.FILE, files=(stored(),))
    rule("案例", item_id=row.pk)
    live(made, said("!a", "案例"))
    assert answers()[0][0]["text"].startswith("案例\n案例.pdf: https://q.example/files/")


def test_an_article_goes_by_an_address_of_its_own_that_is_followed_and_counted(made, group, client):
    row = published("怎么提问", summary="三步", body="**第一步**")
    rule("提问", item_id=row.pk)
    live(made, said("!a", "提问", key="$1"), said("!a", "提问", key="$2"))
    tokens = [use.token for use in ItemUse.objects.order_by("key")]
    assert len(set(tokens)) == 2
    assert f"https://q.example/m/i/{tokens[0]}/" in answers()[0][0]["text"]
    page = client.get(f"/m/i/{tokens[0]}/", headers={"User-Agent": "Mozilla/5.0 MicroMessenger"})
    assert "<strong>第一步</strong>" in page.content.decode()
    client.get(f"/m/i/{tokens[0]}/", headers={"User-Agent": "TelegramBot (preview)"})
    client.head(f"/m/i/{tokens[0]}/", headers={"User-Agent": "Mozilla/5.0"})
    assert sorted(ItemUse.objects.values_list("opened", flat=True)) == [0, 1]
    actions.take_down_item(actor=SYSTEM, item_id=row.pk, reason="")
    assert client.get(f"/m/i/{tokens[0]}/").status_code == 404


def test_a_link_leads_on(made, group, client):
    row = published("书单", kind=ItemKind.LINK)
    rule("书单", item_id=row.pk)
    live(made, said("!a", "书单"))
    token = ItemUse.objects.get().token
    answer = client.get(f"/m/i/{token}/", headers={"User-Agent": "Mozilla/5.0"})
    assert (answer.status_code, answer["Location"]) == (302, "https://example.org/reading")
    assert ItemUse.objects.get().opened == 1


def test_without_an_address_the_words_are_said_and_cut(made, group, settings):
    settings.BASE_URL = ""
    row = published("长文", body="字" * 900)
    rule("长文", item_id=row.pk)
    live(made, said("!a", "长文"))
    text = answers()[0][0]["text"]
    assert text.endswith("字…")
    assert len(text) < 620
    assert ItemUse.objects.get().token == ""


def test_polls_are_said_in_lines_where_there_are_none(made, group):
    row = published("测验", kind=ItemKind.QUIZ)
    rule("测验", "来一题", item_id=row.pk)
    live(made, said("!a", "测验"))
    assert [part["is"] for part in answers()[0]] == ["text", "poll"]
    assert "老舍写的" not in str(answers())


# ------------------------------------------------------------------ what is not open is not handed on
@pytest.mark.parametrize("how", ["down", "team", "archived", "draft"])
def test_what_is_not_open_is_left_out_and_the_text_stays(made, group, how):
    row = published("案例") if how != "draft" else None
    row = row or actions.create_item(actor=SYSTEM, document=document("案例"), key="x", openness=Openness.MEMBERS)
    rule("案例", "请稍等", item_id=row.pk)
    silent = rule("另一个", item_id=row.pk)
    if how != "draft":
        live(made, said("!a", "案例", key="$0"))
        {
            "down": lambda: actions.take_down_item(actor=SYSTEM, item_id=row.pk, reason=""),
            "team": lambda: actions.open_to(actor=SYSTEM, item_id=row.pk, openness=Openness.TEAM),
            "archived": lambda: actions.archive_item(actor=SYSTEM, item_id=row.pk),
        }[how]()
    before = Delivery.objects.count(), ItemUse.objects.count()
    live(made, said("!a", "案例", key="$1"), said("!a", "另一个", key="$2"))
    assert (Delivery.objects.count(), ItemUse.objects.count()) == (before[0] + 1, before[1])
    assert answers()[-1] == [{"is": "text", "text": "请稍等"}]
    assert rules.rule(SYSTEM, silent.pk).lacks
    if how == "archived":
        actions.restore_item(actor=SYSTEM, item_id=row.pk)
        live(made, said("!a", "案例", key="$3"))
        assert ItemUse.objects.count() == before[1] + 1


def test_a_communitys_item_stays_in_it(made, group):
    row = published("内部", community_id=world.a_community("别处").pk)
    with pytest.raises(Invalid, match="beyond it"):
        rule("内部", item_id=row.pk)
    with pytest.raises(Invalid, match="beyond it"):
        rule("内部", item_id=row.pk, group_id=group.pk)
    own = published("自己的", community_id=group.community_id)
    rule("自己的", item_id=own.pk, group_id=group.pk)
    adopted(made, "!b")
    with pytest.raises(Invalid, match="not in the library"):
        rule("没有", item_id=987654)


# ------------------------------------------------------------------ cost
def test_uses_of_a_batch_are_one_statement_and_nothing_met_costs_none(made, group):
    row = published("案例")
    rule("案例", item_id=row.pk)
    live(made, said("!a", "案例", key="$0"))

    def statements(*texts):
        with CaptureQueriesContext(connection) as caught:
            live(made, *(said("!a", text, key=f"${len(texts)}{n}") for n, text in enumerate(texts)))
        return [each["sql"] for each in caught if "content_" in each["sql"] or "desk_" in each["sql"]]

    assert statements("你好", "早", "嗨") == []
    few, many = statements("案例", "案例"), statements(*["案例"] * 30)
    assert len(few) == len(many) == 2
    assert ItemUse.objects.count() == 33


# ------------------------------------------------------------------ asked and delivered
def test_what_was_asked_for_and_what_arrived_are_told_apart(made, group):
    row = published("案例")
    rule("案例", item_id=row.pk)
    live(made, *(said("!a", "案例", key=f"${n}") for n in range(3)))
    first = Delivery.objects.order_by("id").first()
    for state in (DeliveryState.CLAIMED, DeliveryState.SENT):
        deliveries.move([first.pk], state)
    (counted,) = selectors.counts(row)
    assert (counted.way, counted.asked, counted.arrived) == (UseWay.KEYWORD, 3, 1)
    assert selectors.used_often([row.pk]) == {row.pk: 3}
    assert sum(week.ways["keyword"] for week in selectors.weeks(row)) == 3


def test_the_test_box_says_what_goes_along(made, group, monkeypatch):
    carries(monkeypatch, "file")
    row = published("案例", kind=ItemKind.FILE, files=(stored(),))
    rule("案例", "给你", item_id=row.pk)
    tried = rules.explain(SYSTEM, group_id=group.pk, text="案例", name="林芝")
    assert tried.answer == "给你\n\n案例"
    assert [file.name for file in tried.files] == ["案例.pdf"]
    assert tried.item.item_id == row.pk
    assert not ItemUse.objects.exists()


# ------------------------------------------------------------------ as each platform can have it
def test_each_kind_has_its_shape():
    file, picture = stored(), stored("海报.png", b"\x89PNG\r\n\x1a\n", kind="image")

    def parts(kind, wire=ALL, address="", **more):
        return policies.handed(document("题", kind, **more), wire, address=address, link=lambda file: f"L{file.name}")

    assert [type(each) for each in parts(ItemKind.FILE, files=(file,))] == [Text, Media]
    assert parts(ItemKind.FILE, Wire(""), files=(file,)) == (Text("题\n案例.pdf: L案例.pdf"),)
    assert parts(ItemKind.IMAGE, files=(picture,))[1].kind == "image"
    assert parts(ItemKind.IMAGE, Wire("", frozenset({"file"}), 1 << 20), files=(picture,))[1].kind == "file"
    assert parts(ItemKind.LINK) == (Text("题\nhttps://example.org/reading"),)
    assert parts(ItemKind.ARTICLE, address="A", author="林芝", licence="CC BY") == (Text("题\nA\n林芝 · CC BY"),)
    assert parts(ItemKind.ARTICLE, body="# 一\n\n**二**") == (Text("题\n一\n二"),)
    assert parts(ItemKind.POLL) == (Text("题\n"), Poll("哪天读？", ("周六", "周日")))
    said = policies.joined((Text("好"),), parts(ItemKind.POLL))
    assert said[0] == Text("好\n\n题\n")
