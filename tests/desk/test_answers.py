"""What rules say: variants in turn, files, variables, hours; and which of them override others."""

from dataclasses import replace
from datetime import time, timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from django.db import connections, transaction

from qunce.chat.actions.ingest import stages
from qunce.chat.actions.recognition import memory
from qunce.chat.connectors.sandbox import Sandbox
from qunce.chat.models import Delivery
from qunce.community import actions as community
from qunce.content import actions as content
from qunce.desk import actions, selectors
from qunce.desk.models import KeywordUse
from qunce.desk.types import Fate, Hours, Match, RuleDraft, RuleFilter, RuleOrder, Scope
from qunce.kernel import clock, files
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Invalid, NotAllowed, NotFound
from tests.chat.support import NOON, account, adopted, live, minutes, said

pytestmark = pytest.mark.django_db(transaction=True)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture(autouse=True)
def afresh(settings):
    settings.INBOUND_STAGES = ["qunce.desk.subscribers.KeywordReplies"]
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


def carries(monkeypatch, *kinds, largest=1 << 20):
    """The built-in chat as a platform that sends files of these kinds."""
    able = replace(Sandbox.capabilities, media=frozenset(kinds), largest_file=largest)
    monkeypatch.setattr(Sandbox, "capabilities", able)


def rule(*keywords, answer="答", **more):
    return actions.create_rule(actor=SYSTEM, draft=RuleDraft(keywords=keywords, answer=answer, **more))


def take(name="案例.pdf", body=b"%PDF-"):
    return content.take_file(actor=SYSTEM, name=name, content=[body])


def answers():
    return [d.content for d in Delivery.objects.order_by("id")]


def texts():
    return [parts[0]["text"] for parts in answers()]


# ------------------------------------------------------------------ kinds and places
def test_all_words_and_patterns_answer_live_messages(made, group):
    rule("课程", "多少钱", answer="all", match=Match.ALL)
    rule("第[0-9]+期", answer="pattern", match=Match.PATTERN)
    live(made, said("!a", "多少钱一门课程"), said("!a", "第１２期几点"), said("!a", "课程"))
    assert texts() == ["all", "pattern"]


def test_a_tag_s_rule_counts_as_soon_as_a_group_has_the_tag(made, group):
    rule("嗨", answer="community", community_id=group.community_id)
    rule("嗨", answer="tag", tag="新手", community_id=group.community_id)
    live(made, said("!a", "嗨"))
    community.tag_groups(actor=SYSTEM, group_ids=[group.pk], add=["新手"])
    live(made, said("!a", "嗨"))
    assert texts() == ["community", "tag"]
    assert [judged.fate for judged in explained(group, "嗨").judged] == [Fate.ANSWERS, Fate.FARTHER]


def test_who_may_make_a_rule_for_a_tag(group):
    operator = Actor(id=5, name="Mei", grants={group.community_id: Role.OPERATOR})
    draft = RuleDraft(("嗨",), "x", tag="#新手 ", community_id=group.community_id)
    assert actions.create_rule(actor=operator, draft=draft).tag == "新手"
    with pytest.raises(NotAllowed):
        actions.create_rule(actor=operator, draft=replace(draft, community_id=None))
    with pytest.raises(Invalid):
        actions.create_rule(actor=SYSTEM, draft=replace(draft, community_id=None, group_id=group.pk))


# ------------------------------------------------------------------ in turn
def test_several_answers_are_said_in_turn_in_each_group_by_itself(made):
    adopted(made, "!a", "!b")
    rule("嗨", answer="1", variants=("2", "3"))
    live(made, said("!a", "嗨"), said("!a", "嗨"), said("!b", "嗨"))
    live(made, *(said("!a", "嗨") for _time in range(3)))
    by_group = [(d.group_id, d.content[0]["text"]) for d in Delivery.objects.order_by("id")]
    first = by_group[0][0]
    assert [text for group, text in by_group if group == first] == ["1", "2", "3", "1", "2"]
    assert [text for group, text in by_group if group != first] == ["1"]


def test_the_test_box_shows_whose_turn_it_is(made, group):
    rule("嗨", answer="1", variants=("2",))
    live(made, said("!a", "嗨"))
    assert explained(group, "嗨").answer == "2"


def test_turns_are_exact_with_many_gateways_at_once(group):
    """Each turn is given once, whoever asks when: it is decided by the statement that counts."""
    first, given, at_once = rule("嗨", variants=("b", "c")), [], Barrier(4)

    def use(times):
        at_once.wait()
        try:
            for _round in range(10):
                with transaction.atomic():
                    key = (first.pk, group.pk)
                    start = actions.use_rules(asked={key: times}, at=NOON)[key]
                    given.extend(range(start, start + times))
        finally:
            connections.close_all()

    threads = [Thread(target=use, args=(times,)) for times in (1, 1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(70))
    assert KeywordUse.objects.get().times == 70


# ------------------------------------------------------------------ variables and hours
def test_variables_say_where_and_when_it_is(made, group):
    community.tag_groups(actor=SYSTEM, group_ids=[group.pk], add=["x"])
    rule("嗨", answer="{昵称}|{群名}|{社群}|{日期}|{星期}|{人数}")
    live(made, said("!a", "嗨"))
    assert texts() == [f"张三|群 !a|{group.community.name}|2026年11月20日|星期五|3"]


def test_outside_its_hours_a_rule_says_its_other_answer_or_nothing(made, group):
    hours = Hours((4,), time(9), time(13))
    rule("人工", answer="在", hours=hours, away="9 点到 13 点有人", group_id=group.pk)
    rule("客服", answer="near", hours=hours, group_id=group.pk)
    rule("客服", answer="far")
    live(made, said("!a", "人工"), said("!a", "客服"))
    later = NOON + timedelta(hours=1)
    with clock.at(later):
        live(made, said("!a", "人工", at=later), said("!a", "客服", at=later))
        told = explained(group, "客服")
        assert (told.answer, [each.fate for each in told.judged]) == ("far", [Fate.ANSWERS, Fate.CLOSED])
        assert explained(group, "人工").judged[0].fate is Fate.AWAY
    assert texts() == ["在", "near", "9 点到 13 点有人", "far"]


# ------------------------------------------------------------------ files
def test_a_keyword_is_answered_with_a_file(made, group, monkeypatch):
    carries(monkeypatch, "file", "image")
    case, poster = take(), take("海报.png", PNG)
    rule("案例", answer="给你", files=(case, poster))
    rule("海报", answer="", files=(poster,))
    live(made, said("!a", "案例"), said("!a", "海报"))
    first, second = answers()
    assert [(part["is"], part.get("kind")) for part in first] == [
        ("text", None),
        ("media", "file"),
        ("media", "image"),
    ]
    assert first[1] == {
        "is": "media",
        "kind": "file",
        "ref": f"file:{case.sha256}",
        "name": "案例.pdf",
        "content_type": "application/pdf",
        "size": 5,
    }
    assert [part["is"] for part in second] == ["media"]
    assert [file.name for file in explained(group, "案例").files] == ["案例.pdf", "海报.png"]


def test_where_files_cannot_be_sent_a_link_goes_in_the_text(made, group, monkeypatch, settings):
    carries(monkeypatch)
    settings.BASE_URL = "https://qunce.example.org"
    case = take()
    rule("案例", answer="给你", files=(case,))
    live(made, said("!a", "案例"))
    (said_text,) = texts()
    name, _colon, address = said_text.removeprefix("给你\n").partition(": ")
    token = address.removeprefix("https://qunce.example.org/files/").rstrip("/")
    assert (name, files.linked(token)) == ("案例.pdf", (case.sha256, "案例.pdf"))
    with pytest.raises(NotFound):
        files.linked(f"{token}x")


def test_a_link_does_not_last_for_ever(settings):
    settings.BASE_URL = "https://qunce.example.org"
    token = files.link("00", name="x").split("/")[-2]
    assert files.linked(token)
    with time_machine.travel(timedelta(days=31), tick=False), pytest.raises(NotFound):
        files.linked(token)


def test_a_file_too_large_for_the_platform_becomes_a_link(made, group, monkeypatch, settings):
    carries(monkeypatch, "file", largest=4)
    settings.BASE_URL = "https://qunce.example.org"
    rule("案例", answer="", files=(take(),))
    live(made, said("!a", "案例"))
    assert texts()[0].startswith("案例.pdf: https://")


def test_without_an_address_only_the_text_is_said_and_a_lone_file_says_nothing(made, group, monkeypatch, settings):
    carries(monkeypatch)
    settings.BASE_URL = ""
    rule("案例", answer="给你", files=(take(),))
    rule("海报", answer="", files=(take(),))
    live(made, said("!a", "案例"), said("!a", "海报"))
    assert texts() == ["给你"]


@pytest.mark.parametrize(
    ("name", "body", "kind", "content_type", "kept"),
    [
        ("海报.txt", PNG, "image", "image/png", "海报.txt"),
        ("a.png", b"<script>", "file", "application/octet-stream", "a.png"),
        ("page.html", b"<html>", "file", "application/octet-stream", "page.html"),
        ("x.svg", b"<svg>", "file", "application/octet-stream", "x.svg"),
        ("../../etc/passwd", b"x", "file", "application/octet-stream", "passwd"),
        ("C:\\docs\\a\r\nb.pdf", b"x", "file", "application/pdf", "a b.pdf"),
        ("歌.mp3", b"x", "audio", "audio/mpeg", "歌.mp3"),
        ("", b"x", "file", "application/octet-stream", "file"),
        ("长" * 300 + ".pdf", b"x", "file", "application/pdf", "长" * 108 + ".pdf"),
    ],
)
def test_what_is_taken_of_a_file(name, body, kind, content_type, kept):
    taken = take(name, body)
    assert (taken.kind, taken.content_type, taken.name) == (kind, content_type, kept)


def test_files_are_limited_and_for_operators():
    with pytest.raises(Invalid, match="is empty"):
        take(body=b"")
    with pytest.raises(Invalid, match="too large"):
        content.take_file(actor=SYSTEM, name="x", content=(bytes(1 << 20) for _ in range(21)))
    with pytest.raises(NotAllowed):
        content.take_file(actor=Actor(id=1, name="V", grants={None: Role.VIEWER}), name="x", content=[b"x"])
    with pytest.raises(Invalid, match="too many files"):
        rule("x", files=(take(),) * 6)
    with pytest.raises(Invalid, match="not here any more"):
        rule("x", files=(replace(take(), sha256="0" * 64),))


def test_who_may_look_at_a_rule_s_file(group):
    case = take()
    made = rule("案例", files=(case,), group_id=group.pk)
    viewer = Actor(id=4, name="Wei", grants={group.community_id: Role.VIEWER})
    assert selectors.rule_file(viewer, made.pk, case.sha256) == case
    other = take("other.txt", b"other")
    for actor, key in ((viewer, other.sha256), (Actor(id=9, name="Nobody"), case.sha256)):
        with pytest.raises(NotFound):
            selectors.rule_file(actor, made.pk, key)


# ------------------------------------------------------------------ which override others
def explained(group, text):
    return selectors.explain(SYSTEM, group_id=group.pk, text=text, name="张三")


def met(made, actor=SYSTEM):
    stored = selectors.as_rule(selectors.draft_of(made), made.pk)
    return [(each.other.answer, each.text, each.wins, each.fate) for each in selectors.meetings(actor, stored)]


def test_meetings_are_what_the_matcher_says(group):
    mine = rule("报名", answer="mine", community_id=group.community_id)
    rule("报名", answer="twin", community_id=group.community_id)
    rule("报名时间", answer="longer", community_id=group.community_id)
    rule("报名", answer="near", group_id=group.pk)
    rule("报名", answer="far", match=Match.EXACT)
    rule("报.", answer="pattern", match=Match.PATTERN)
    rule("名", "报", answer="together", match=Match.ALL, community_id=group.community_id)
    off = rule("报名", answer="off")
    actions.set_rule_enabled(actor=SYSTEM, rule_id=off.pk, enabled=False)
    rule("价格", answer="other")
    assert met(mine) == [
        ("longer", "报名时间", True, Fate.SHORTER),
        ("near", "报名", True, Fate.FARTHER),
        ("together", "报名", True, Fate.LOOSER),
        ("twin", "报名", False, Fate.YOUNGER),
        ("far", "报名", False, Fate.FARTHER),
        ("pattern", "报名", False, Fate.FARTHER),
    ]
    for other, text, wins, _fate in met(mine):
        if other in {"longer", "twin"}:
            judged = selectors.explain(SYSTEM, group_id=group.pk, text=text, name="x").judged
            order = [each.hit.rule.answer for each in judged]
            assert (order.index(other) < order.index("mine")) is wins


def test_rules_of_groups_apart_do_not_meet(made):
    groups = adopted(made, "!a", "!b")
    mine = rule("报名", answer="mine", group_id=groups["!a"].pk)
    rule("报名", answer="other group", group_id=groups["!b"].pk)
    rule("报名", answer="tag", tag="新手")
    assert met(mine) == []
    community.tag_groups(actor=SYSTEM, group_ids=[groups["!a"].pk], add=["新手"])
    assert met(mine) == [("tag", "报名", False, Fate.FARTHER)]


def test_one_meets_only_rules_that_one_may_see(made, group):
    mine = rule("报名", answer="mine")
    rule("报名", answer="hidden", group_id=adopted(made, "!b")["!b"].pk)
    rule("报名", answer="seen", group_id=group.pk)
    viewer = Actor(id=4, name="Wei", grants={group.community_id: Role.VIEWER})
    assert [answer for answer, *_rest in met(mine, viewer)] == ["seen"]


def test_a_rule_that_is_not_made_yet_is_the_youngest(group):
    rule("报名", answer="older")
    draft = selectors.checked(RuleDraft(("报名",), "new"))
    (meeting,) = selectors.meetings(SYSTEM, selectors.as_rule(draft))
    assert (meeting.wins, meeting.fate) == (True, Fate.YOUNGER)


def test_overridden_rules_are_listed(group):
    older = rule("报名", "价格")
    twin = rule("价 格")
    adopted(account(), "!elsewhere")
    rule("报名", community_id=group.community_id)  # nearer, and in some of the groups only: meant so
    closed = rule("价格", hours=Hours((1,), time(9), time(10)))
    rule("地址", match=Match.EXACT)
    rule("地址")  # the other one answers this very word, and this one all that has it in it
    wanted = RuleFilter(overridden=True)
    views = selectors.rule_page(SYSTEM, wanted).items
    assert [(view.rule.pk, view.overridden) for view in views] == [
        (twin.pk, ("价 格", older.pk)),
    ]
    actions.delete_rule(actor=SYSTEM, rule_id=older.pk)
    assert selectors.rule_page(SYSTEM, wanted).items == []
    assert closed.pk


# ------------------------------------------------------------------ use counts
def test_rules_are_sorted_and_found_by_their_use(group):
    used = [rule(f"词{n}") for n in range(4)]
    for n, at in ((1, 5), (2, 1), (3, 9)):
        KeywordUse.objects.create(rule=used[n], group_id=1, last_at=NOON - minutes(at), times=n)
        KeywordUse.objects.create(rule=used[n], group_id=2, last_at=NOON - minutes(60), times=10)

    def order(**wanted):
        return [used.index(view.rule) for view in selectors.rule_page(SYSTEM, RuleFilter(**wanted)).items]

    assert order(order=RuleOrder.MOST_USED) == [3, 2, 1, 0]
    assert order(order=RuleOrder.LAST_USED) == [2, 1, 3, 0]
    assert order(order=RuleOrder.LONG_UNUSED) == [0, 3, 1, 2]
    assert order(never_used=True) == [0]
    assert selectors.rule(SYSTEM, used[3].pk).uses == 13


def test_sorted_pages_go_on(group):
    for n in range(120):
        rule(f"词{n}")
    wanted = RuleFilter(order=RuleOrder.MOST_USED)
    first = selectors.rule_page(SYSTEM, wanted)
    second = selectors.rule_page(SYSTEM, wanted, cursor=first.older)
    third = selectors.rule_page(SYSTEM, wanted, cursor=second.older)
    seen = [view.rule.pk for page in (first, second, third) for view in page]
    assert len(seen) == len(set(seen)) == 120
    assert (first.newer, third.older, second.newer) == ("", "", "0")


def test_filters_by_kind_and_tag(group):
    rule("a", match=Match.EXACT)
    rule("b", tag="新手")
    rule("c", answer="一", variants=("第二种回答",))
    assert [v.rule.keywords for v in selectors.rule_page(SYSTEM, RuleFilter(match=Match.EXACT))] == [["a"]]
    assert [v.rule.keywords for v in selectors.rule_page(SYSTEM, RuleFilter(tag="新手"))] == [["b"]]
    assert [v.rule.keywords for v in selectors.rule_page(SYSTEM, RuleFilter(text="第二种"))] == [["c"]]
    assert [v.rule.keywords for v in selectors.rule_page(SYSTEM, RuleFilter(everywhere=True))] == [["c"], ["a"]]
    assert selectors.wires_of(SYSTEM, Scope())[0].title
