"""How a message is compared with keywords, and which rule answers."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunce.desk.policies import Matcher, inside_word, lost_by, normalise
from qunce.desk.types import Fate, Match, Rule

GROUP, COMMUNITY = 7, 3
ANY = st.text(max_size=40)
# Few characters, so that words meet: Latin, digits, Chinese, spaces, full width, things one does not see.
CLOSE = st.text(alphabet="abAB1２中群 \u3000，,\u200bé", max_size=12)
ZERO_WIDTH = "\u200b\u200c\u200d\ufeff\u2060\u00ad\u202e\ufe0f\x00\x07"


def hits(rules, text, group_id=GROUP, community_id=COMMUNITY):
    return Matcher(rules).hits(text, group_id=group_id, community_id=community_id)


def answering(rules, text, **where):
    found = hits(rules, text, **where)
    return found[0].rule.id if found and not found[0].cut else None


def rule(key=1, *keywords, match=Match.CONTAINS, **where):
    return Rule(key, match, keywords, "answer", **where)


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
    of_community = rule(2, "报名时间", community_id=COMMUNITY)
    of_group = rule(3, "报", group_id=GROUP)
    assert [hit.rule.id for hit in hits([far, of_community, of_group], "报名时间")] == [3, 2, 1]


def test_then_exact_before_contains_then_the_longer_keyword_then_the_older_rule():
    rules = [rule(5, "报名"), rule(4, "报名"), rule(6, "报名时间"), rule(7, "报名时间?", match=Match.EXACT)]
    found = hits(rules, "报名时间？")
    assert [hit.rule.id for hit in found] == [7, 6, 4, 5]
    assert [lost_by(hit, found[0]) for hit in found[1:]] == [Fate.LOOSER] * 3
    assert [lost_by(hit, found[1]) for hit in found[2:]] == [Fate.SHORTER] * 2
    assert lost_by(found[3], found[2]) is Fate.YOUNGER


def test_a_rule_counts_where_it_is_bound_to_and_nowhere_else():
    rules = [rule(1, "嗨", group_id=GROUP), rule(2, "嗨", community_id=COMMUNITY)]
    assert answering(rules, "嗨", group_id=8) == 2
    assert answering(rules, "嗨", group_id=8, community_id=4) is None
    assert lost_by(hits(rules, "嗨")[1], hits(rules, "嗨")[0]) is Fate.FARTHER


def test_a_rule_is_met_once_by_its_best_keyword():
    (hit,) = hits([rule(1, "课", "课程", "程")], "课程表")
    assert hit.keyword == "课程"


def test_no_rules_and_empty_texts():
    assert hits([], "anything") == []
    assert hits([rule(1, "\u200b")], "") == []


def plainly(rules, text):
    """Every rule met, found the slow way."""
    text = normalise(text)
    met = set()
    for each in rules:
        if each.group_id not in {None, GROUP} or each.community_id not in {None, COMMUNITY}:
            continue
        for word in filter(None, map(normalise, each.keywords)):
            places = [at for at in range(len(text)) if text.startswith(word, at)]
            if each.match is Match.EXACT:
                met |= {(each.id, False)} if word == text else set()
            elif any(not inside_word(text, at, at + len(word)) for at in places):
                met.add((each.id, False))
            elif places:
                met.add((each.id, True))
    whole = {key for key, cut in met if not cut}
    return {(key, cut) for key, cut in met if not cut or key not in whole}


WORDS = st.lists(st.text(alphabet="abAB1２中群 é", min_size=1, max_size=4), min_size=1, max_size=4)


@given(
    st.lists(
        st.tuples(WORDS, st.sampled_from(Match), st.sampled_from([None, GROUP, 9]), st.sampled_from([COMMUNITY, 4]))
    ),
    CLOSE,
)
def test_the_automaton_finds_what_a_plain_search_finds(drawn, text):
    rules = [
        Rule(key, match, tuple(words), "x", group_id=group, community_id=None if group or key % 2 else community)
        for key, (words, match, group, community) in enumerate(drawn)
    ]
    found = hits(rules, text)
    assert {(hit.rule.id, hit.cut) for hit in found} == plainly(rules, text)
    assert found == sorted(found, key=lambda hit: hit.rank)
