"""Words of Chinese and English messages, what stands out of them, and what is said together."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunce.insights.policies import texts
from tests.insights.sentences import SENTENCES

THEMES = {
    "run": ["跑步", "配速", "马拉松", "半马", "心率", "拉伸", "跑鞋", "晨跑"],
    "read": ["读书会", "小说", "书单", "作者", "译本", "笔记", "章节", "朗读"],
    "docker": ["docker", "container", "volume", "image", "registry", "swarm", "network", "compose"],
}
FILLERS = ["今天", "大家", "我觉得", "可以", "然后", "the", "and", "really", "一起", "周末"]


def chat(seed=3, count=900):
    """Messages in three themes that change with the weeks, with the theme of each, and their times."""
    rng = random.Random(seed)
    said, about, at = [], [], []
    moment = 0.0
    for number in range(count):
        if number % 12 == 0:
            moment += 3600 * 4
            theme = rng.choices(list(THEMES), weights=[3, 2, 1 if number < count / 2 else 6])[0]
        moment += rng.randint(5, 60)
        words = rng.sample(THEMES[theme], 3) + rng.sample(FILLERS, 2)
        rng.shuffle(words)
        said.append(" ".join(words))
        about.append(theme)
        at.append(moment)
    return said, about, np.array(at)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("我们群的团购课程下周开始，地点在徐汇的咖啡馆", ["团购", "课程", "下周", "地点", "徐汇", "咖啡馆"]),
        ("It's Docker-Compose v2.3 with C++ and node.js", ["docker-compose", "v2.3", "c++", "node.js"]),
        ("@林芝 看 https://example.org/a?b=1 [图片] 👍 :smile:", []),
        ("`rm -rf` removes the Volume's data", ["removes", "volume", "data"]),
        ("「林芝：第三章谁看懂了」\n- - - - -\n模型推了一遍", ["模型"]),
        ("swarm可以用docker，晨跑 跑步", ["swarm", "docker", "晨跑", "跑步"]),
        ("[12:03] <galves> 镜像 <br/>", ["镜像"]),
        ("三个 20号 两遍 2026", []),
        ("哈哈哈哈 嗯嗯 好的", []),
        ("", []),
    ],
)
def test_words_that_tell_something(text, words):
    assert texts.words(text) == words


def test_the_words_of_a_community_are_not_cut():
    said = "今晚讲变分自编码器，群策的答疑台见"
    assert "变分自编码器" not in texts.words(said)
    assert texts.words(said, ["变分自编码器", "群策", "答疑台"]) == ["今晚", "变分自编码器", "群策", "答疑台"]
    assert texts.words("Big Data Club 招新", ["Big Data Club"])[0] == "big data club"
    assert "art" not in texts.words("we start", ["art"])


@given(st.text(max_size=200), st.lists(st.text(min_size=1, max_size=8), max_size=4))
def test_any_text_has_words_or_none(text, own):
    for word in texts.words(text, own):
        assert word
        assert word == word.strip()


def test_plurals_are_counted_with_their_singular():
    said = [["container"], ["containers"], ["containers", "bus"], ["boxes"], ["box"], ["box"]]
    assert dict(texts.counted(texts.merged(said))) == {"containers": 3, "bus": 1, "box": 3}


def test_keywords_are_what_is_special_now():
    said, _about, _at = chat()
    cut = [texts.words(text) for text in said]
    half = len(cut) // 2
    alone = [each.word for each in texts.keywords(cut, top=24)]
    assert set(alone) >= set(THEMES["run"]) & set(alone)
    special = texts.keywords(cut[half:], texts.counted(cut[:half]))
    assert {each.word for each in special[:6]} <= set(THEMES["docker"])
    for each in special[:6]:
        assert each.times == sum(each.word in words for words in cut[half:])
        assert all(each.word in cut[half:][index] for index in each.messages)


def test_topics_are_the_themes():
    said, about, at = chat()
    topics = texts.topics([texts.words(text) for text in said], at, since=0.0)
    assert len(topics) == len(THEMES)
    for topic in topics:
        theme = next(name for name, words in THEMES.items() if topic.words[0] in words)
        assert set(topic.words) == set(THEMES[theme])
        assert {about[index] for index in topic.messages} == {theme}
        assert abs(topic.times - about.count(theme)) <= 0.02 * len(about)
    docker = next(topic for topic in topics if "docker" in topic.words)
    assert docker.shares[-1] > docker.shares[0]
    weeks = np.bincount((at // (7 * 86400)).astype(int))
    assert len(docker.shares) == len(weeks)


def test_the_same_messages_give_the_same_topics():
    said, _about, at = chat()
    cut = [texts.words(text) for text in said]
    assert texts.topics(cut, at, since=0.0) == texts.topics([list(each) for each in cut], at.copy(), since=0.0)


def test_too_little_has_no_topics():
    assert texts.topics([], np.zeros(0), since=0.0) == []
    assert texts.topics([["docker"], []], np.array([1.0, 2.0]), since=0.0) == []
    assert texts.keywords([]) == []


def test_labelled_sentences_keep_no_address_and_no_stop_word():
    for _marks, text in SENTENCES:
        assert not {"https", "http", "www", "the", "我们", "大家"} & set(texts.words(text))
