"""How a message is compared with keywords, and which rule answers."""

import unicodedata
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, time
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunce.community.types import GroupFacts
from qunce.desk.policies import Matcher, check_pattern, inside_word, lost_by, normalise
from qunce.desk.types import BadPatternError, Fate, Fault, Hours, Match, Rule, Scope
from qunce.kernel.folding import normalise_all

GROUP, COMMUNITY = 7, 3
HERE = GroupFacts(GROUP, "sandbox", "!a", "夜读", COMMUNITY, ZoneInfo("Asia/Shanghai"))
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)  # a Friday, noon in Shanghai
ANY = st.text(max_size=40)
# Few characters, so that words meet: Latin, digits, Chinese, spaces, full width, things one does not see.
CLOSE = st.text(alphabet="abAB1２中群 \u3000，,\u200bé", max_size=12)
ZERO_WIDTH = "\u200b\u200c\u200d\ufeff\u2060\u00ad\u202e\ufe0f\x00\x07"


def hits(rules, text, at=NOON, **group):
    return Matcher(rules).hits(text, replace(HERE, **group), at)


def answering(rules, text, at=NOON, **group):
    found = hits(rules, text, at, **group)
    return found[0].rule.id if found and not found[0].silent else None


def rule(key=1, *keywords, match=Match.CONTAINS, scope=Scope(), **more):  # noqa: B008 (nobody changes it)
    return Rule(key, match, keywords, "answer", scope=scope, **more)


# ------------------------------------------------------------------ many at once
@given(st.lists(ANY | CLOSE, max_size=8))
def test_texts_are_compared_at_once_as_one_by_one(texts):
    assert normalise_all(texts) == [normalise(text) for text in texts]


@pytest.mark.parametrize("text", ["\ue000", "\u0301", "\u3099", "\u1161", "\n", " ", "\ud800", "Σ", "\u200b"])
def test_what_stands_side_by_side_does_not_meet(text):
    texts = ["か", text, "\u1100", text, "a", text]
    assert normalise_all(texts) == [normalise(each) for each in texts]


@given(st.lists(CLOSE, max_size=8), st.lists(CLOSE.filter(str.strip), min_size=1, max_size=6))
def test_messages_are_looked_through_at_once_as_one_by_one(texts, words):
    kinds = (Match.CONTAINS, Match.EXACT, Match.ALL, Match.PATTERN)
    rules = [rule(n, word, match=kinds[n % 4]) for n, word in enumerate(words)]
    matcher, said = Matcher(rules), normalise_all(texts)
    met = {n: found for n, text in enumerate(said) if (found := matcher.hits(text, HERE, NOON))}
    assert matcher.hits_of([(text, HERE, NOON) for text in said]) == met


# ------------------------------------------------------------------ as it is compared
@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Price", "price"),
        ("  How   much\n is\tit ", "how much is it"),
        ("Ｐｒｉｃｅ１２", "price12"),
        ("多少钱？！", "多少钱?!"),
        ("课 程 表", "课程表"),
        ("iPhone 手机", "iphone手机"),
        ("价\u200b格\ufeff表", "价格表"),
        ("报名\u3000时间", "报名时间"),
        ("가격 문의", "가격 문의"),
        ("Straße", "strasse"),
        ("cafe\u0301", "café"),
        ("❤️", "❤"),
        ("①", "1"),
        ("\x00a\x07b", "ab"),
        ("\ud800x", "x"),
        ("か ゙", "か ゙"),
        (" \u200b ", ""),
    ],
)
def test_normalise(written, compared):
    assert normalise(written) == compared


@given(ANY)
def test_normalising_twice_changes_nothing(text):
    once = normalise(text)
    assert normalise(once) == once


@given(CLOSE)
def test_normalising_twice_changes_nothing_up_close(text):
    once = normalise(text)
    assert normalise(once) == once


def test_normalising_any_one_character_twice_changes_nothing():
    for character in map(chr, range(0x110000)):
        if unicodedata.category(character) not in {"Cn", "Co"}:
            once = normalise(f"a{character} b")
            assert normalise(once) == once, hex(ord(character))


@given(ANY)
def test_what_nobody_sees_does_not_count(text):
    spread = "".join(f"{character}{ZERO_WIDTH[n % len(ZERO_WIDTH)]}" for n, character in enumerate(text))
    assert normalise(spread) == normalise(text)


@given(ANY)
def test_ways_of_writing_the_same_are_the_same(text):
    for form in ("NFC", "NFD"):
        assert normalise(unicodedata.normalize(form, text)) == normalise(text)


@given(ANY)
def test_case_does_not_count(text):
    assert normalise(text.casefold()) == normalise(text)


@given(ANY)
def test_nothing_unseen_and_no_idle_space_is_left(text):
    compared = normalise(text)
    assert not any(each in ZERO_WIDTH or unicodedata.category(each) in {"Cc", "Cs"} for each in compared)
    assert "  " not in compared
    assert compared == compared.strip()


# ------------------------------------------------------------------ words
@pytest.mark.parametrize(
    ("keyword", "text", "met"),
    [
        ("ad", "bad idea", False),
        ("ad", "an ad here", True),
        ("ad", "bad ad", True),
        ("ad", "我要ad吗", True),
        ("ad", "ads", False),
        ("vip", "VIP2多少钱", True),
        ("12", "2012年", False),
        ("12", "12点", True),
        ("caf", "café", False),
        ("цен", "цена", False),
        ("цена", "какая цена?", True),
        ("群2", "群25", False),
        ("群2", "大群2号", True),
        ("价格", "这价格表", True),
        ("가격", "가격은 얼마", True),
        ("c++", "learn c++ now", True),
        ("?", "why?", True),
    ],
)
def test_contains_does_not_cut_words(keyword, text, met):
    assert (answering([rule(1, keyword)], text) == 1) is met


def test_a_word_found_only_inside_others_is_shown_as_cut():
    (hit,) = hits([rule(1, "ad")], "bad")
    assert hit.cut


@given(CLOSE, st.integers(0, 12), st.integers(1, 12))
def test_the_ends_of_a_text_are_boundaries(text, start, length):
    piece = text[start : start + length]
    if piece:
        assert not inside_word(piece, 0, len(piece))


# ------------------------------------------------------------------ which rule
def test_exact_is_the_whole_message():
    rules = [rule(1, "报名", match=Match.EXACT)]
    assert answering(rules, " 报 名 ") == 1
    assert answering(rules, "我要报名") is None


def test_the_nearer_rule_wins_whatever_else():
    far = rule(1, "报名时间", match=Match.EXACT)
    of_community = rule(2, "报名时间", scope=Scope(COMMUNITY))
    of_group = rule(3, "报", scope=Scope(group_id=GROUP))
    assert [hit.rule.id for hit in hits([far, of_community, of_group], "报名时间")] == [3, 2, 1]


def test_then_exact_before_contains_then_the_longer_keyword_then_the_older_rule():
    rules = [rule(5, "报名"), rule(4, "报名"), rule(6, "报名时间"), rule(7, "报名时间?", match=Match.EXACT)]
    found = hits(rules, "报名时间？")
    assert [hit.rule.id for hit in found] == [7, 6, 4, 5]
    assert [lost_by(hit, found[0]) for hit in found[1:]] == [Fate.LOOSER] * 3
    assert [lost_by(hit, found[1]) for hit in found[2:]] == [Fate.SHORTER] * 2
    assert lost_by(found[3], found[2]) is Fate.YOUNGER


def test_a_rule_counts_where_it_is_bound_to_and_nowhere_else():
    rules = [rule(1, "嗨", scope=Scope(group_id=GROUP)), rule(2, "嗨", scope=Scope(COMMUNITY))]
    assert answering(rules, "嗨", id=8) == 2
    assert answering(rules, "嗨", id=8, community_id=4) is None
    assert lost_by(hits(rules, "嗨")[1], hits(rules, "嗨")[0]) is Fate.FARTHER


def test_a_rule_is_met_once_by_its_best_keyword():
    (hit,) = hits([rule(1, "课", "课程", "程")], "课程表")
    assert hit.keyword == "课程"


def test_no_rules_and_empty_texts():
    assert hits([], "anything") == []
    assert hits([rule(1, "\u200b")], "") == []


# ------------------------------------------------------------------ all words, patterns, tags, hours
def test_all_words_are_wanted_in_any_order_and_whole():
    rules = [rule(1, "报名", "ad", match=Match.ALL)]
    assert answering(rules, "ad怎么报名") == 1
    assert answering(rules, "报名 bad") is None
    assert [hit.cut for hit in hits(rules, "报名 bad")] == [True]
    assert hits(rules, "报名") == []


def test_a_pattern_is_met_as_messages_are_compared():
    rules = [rule(1, "第?[0-9]+期（报 名|Join）", match=Match.PATTERN)]
    assert answering(rules, "我想 参加 第１２期（报名）") == 1
    assert answering(rules, "12期(JOIN)") == 1
    assert answering(rules, "期（报名）") is None


def test_the_stricter_kind_wins():
    rules = [
        rule(1, "报.名", match=Match.PATTERN),
        rule(2, "报", "名", match=Match.ALL),
        rule(3, "报"),
        rule(4, "报了名", match=Match.EXACT),
    ]
    found = hits(rules, "报了名")
    assert [hit.rule.id for hit in found] == [4, 2, 3, 1]
    assert {lost_by(hit, found[0]) for hit in found[1:]} == {Fate.LOOSER}


def test_tags_stand_between_the_group_and_its_community():
    rules = [
        rule(1, "嗨"),
        rule(2, "嗨", scope=Scope(COMMUNITY)),
        rule(3, "嗨", scope=Scope(tag="新手")),
        rule(4, "嗨", scope=Scope(COMMUNITY, tag="新手")),
        rule(5, "嗨", scope=Scope(group_id=GROUP)),
        rule(6, "嗨", scope=Scope(tag="老手")),
        rule(7, "嗨", scope=Scope(9, tag="新手")),
    ]
    assert [hit.rule.id for hit in hits(rules, "嗨", tags=("一期", "新手"))] == [5, 4, 3, 2, 1]
    assert [hit.rule.id for hit in hits(rules, "嗨")] == [5, 2, 1]


@pytest.mark.parametrize(
    ("hours", "at", "is_open"),
    [
        (Hours((4,), time(9), time(18)), "2026-11-20 12:00", True),
        (Hours((4,), time(9), time(18)), "2026-11-20 18:00", False),
        (Hours((4,), time(9), time(18)), "2026-11-20 08:59", False),
        (Hours((3,), time(9), time(18)), "2026-11-20 12:00", False),
        (Hours((4,), time(22), time(2)), "2026-11-20 23:00", True),
        (Hours((4,), time(22), time(2)), "2026-11-21 01:59", True),
        (Hours((4,), time(22), time(2)), "2026-11-21 23:00", False),
        (Hours((4,), time(22), time(2)), "2026-11-20 01:00", False),
        (Hours((4,), time(), time()), "2026-11-20 00:00", True),
        (Hours((4,), time(), time()), "2026-11-21 00:00", False),
        (Hours((6,), time(22), time(2)), "2026-11-23 01:00", True),
    ],
)
def test_hours_by_the_clock_of_the_community(hours, at, is_open):
    moment = datetime.fromisoformat(at).replace(tzinfo=HERE.zone).astimezone(UTC)
    near = rule(1, "报名", scope=Scope(group_id=GROUP), hours=hours)
    assert answering([near, rule(2, "报名")], "报名", moment) == (1 if is_open else 2)
    polite = replace(near, away="九点以后再问")
    (hit,) = hits([polite], "报名", moment)
    assert (hit.closed, hit.silent) == (not is_open, False)
    assert answering([polite, rule(2, "报名")], "报名", moment) == 1


@pytest.mark.parametrize(
    ("pattern", "fault", "at"),
    [
        ("报名(几点", Fault.OPEN, 3),
        ("a(b)(c[(]", Fault.OPEN, 5),
        ("报名)几点", Fault.CLOSED, 3),
        ("价格[0-9", Fault.OPEN_SET, 3),
        ("*报名", Fault.NOTHING_TO_REPEAT, 1),
        ("报名**", Fault.NOTHING_TO_REPEAT, 3),
        ("[z-a]课", Fault.BAD_RANGE, 2),
        ("课{5000}", Fault.BAD_COUNT, 2),
        ("报名\\", Fault.TRAILING, 3),
        ("报名(?=课)", Fault.UNKNOWN, 3),
        ("(课)\\1", Fault.UNKNOWN, 4),
        ("(课程{1,90}){1,9}(表{1,90}){1,9}", Fault.LARGE, 0),
        ("(报名)?", Fault.EMPTY, 0),
        ("$", Fault.EMPTY, 0),
        ("课*", Fault.EMPTY, 0),
        (".", Fault.BROAD, 0),
        ("[一-龥]", Fault.BROAD, 0),
        ("[a-z]", Fault.BROAD, 0),
        ("\\S{2}", Fault.BROAD, 0),
    ],
)
def test_what_is_wrong_with_a_pattern(pattern, fault, at):
    with pytest.raises(BadPatternError) as wrong:
        check_pattern(pattern)
    assert (wrong.value.fault, wrong.value.at) == (fault, at)


@pytest.mark.parametrize("pattern", ["报名|几点", r"\d{11}", "第[一二三]期.{0,20}多少钱", "(?i)vip", r"^\s*价格\s*$"])
def test_usual_patterns_are_allowed(pattern):
    check_pattern(pattern)


def test_a_runaway_pattern_takes_no_time():
    """What would take a backtracking matcher longer than the universe lasts."""
    check_pattern("(a|aa)+b课")
    matcher = Matcher([rule(1, "(a|aa)+b课", "(x+x+)+y", match=Match.PATTERN)])
    started = perf_counter()
    assert matcher.hits("a" * 20_000 + "x" * 20_000, HERE, NOON) == []
    assert perf_counter() - started < 1


@given(st.text(max_size=30))
def test_no_text_as_a_pattern_does_harm(text):
    with suppress(BadPatternError):
        check_pattern(text)
        assert Matcher([rule(1, text, match=Match.PATTERN)]).hits("", HERE, NOON) == []


@given(st.text(alphabet="abAB１2中群，é（", min_size=1, max_size=5), CLOSE)
def test_plain_words_as_a_pattern_find_what_they_are_in(word, text):
    met = bool(hits([rule(1, word, match=Match.PATTERN)], text))
    assert met == (normalise(word) in normalise(text))


def plainly(rules, text):
    """Every rule met, found the slow way."""
    text = normalise(text)
    met = set()
    for each in rules:
        scope = each.scope
        if (
            scope.group_id not in {None, GROUP}
            or scope.community_id not in {None, COMMUNITY}
            or scope.tag not in {"", "新手"}
        ):
            continue
        cuts = []
        for word in set(filter(None, map(normalise, each.keywords))):
            places = [at for at in range(len(text)) if text.startswith(word, at)]
            if each.match is Match.EXACT:
                met |= {(each.id, False)} if word == text else set()
            elif places:
                cuts.append(all(inside_word(text, at, at + len(word)) for at in places))
            elif each.match is Match.ALL:
                cuts.append(None)
        if each.match is Match.ALL:
            met |= set() if None in cuts or not cuts else {(each.id, any(cuts))}
        elif cuts:
            met.add((each.id, all(cuts)))
    return met


WORDS = st.lists(st.text(alphabet="abAB1２中群 é", min_size=1, max_size=4), min_size=1, max_size=4)
SCOPES = st.builds(
    lambda community, group, tag: Scope(group_id=group) if group else Scope(community, tag=tag),
    st.sampled_from([None, COMMUNITY, 4]),
    st.sampled_from([None, None, GROUP, 9]),
    st.sampled_from(["", "", "新手", "老手"]),
)


@given(st.lists(st.tuples(WORDS, st.sampled_from([Match.EXACT, Match.ALL, Match.CONTAINS]), SCOPES)), CLOSE)
def test_the_automaton_finds_what_a_plain_search_finds(drawn, text):
    rules = [Rule(key, match, tuple(words), "x", scope=scope) for key, (words, match, scope) in enumerate(drawn)]
    found = hits(rules, text, tags=("新手",))
    assert {(hit.rule.id, hit.cut) for hit in found} == plainly(rules, text)
    assert found == sorted(found, key=lambda hit: hit.rank)
    everywhere = {(hit.rule.id, hit.cut) for hit in Matcher(rules).anywhere(text)}
    assert everywhere >= {(hit.rule.id, hit.cut) for hit in found}
