"""What a group talks about, from its messages: guarded, with the messages that show it; a community's own words."""

import random
from datetime import timedelta

import pytest
from django.core.cache import cache

from qunce.chat.actions.recognition import memory
from qunce.chat.selectors import messages
from qunce.insights import actions, selectors
from qunce.insights.selectors import texts
from qunce.insights.selectors.facts import stretch_of
from qunce.kernel import audit, clock
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Invalid, NotAllowed, NotFound
from tests.chat.support import NOON, account, adopted, live, minutes, said
from tests.insights.test_words import THEMES, chat

pytestmark = pytest.mark.django_db(transaction=True)
STRANGER = Actor(id=9, name="Wei", grants={999_999: Role.OWNER})


@pytest.fixture(autouse=True)
def afresh(settings):
    settings.INBOUND_STAGES = []
    memory.forget()
    cache.clear()
    with clock.at(NOON + timedelta(hours=1)):
        yield


@pytest.fixture
def room():
    made = account()
    group = adopted(made, "!a")["!a"]
    told, _about, at = chat(count=480)
    rng = random.Random(5)
    events = [
        said(
            "!a",
            text,
            by=f"@p{rng.randint(1, 6)}",
            name=f"人{rng.randint(1, 6)}",
            key=f"$t{n}",
            at=NOON - timedelta(seconds=float(at[-1] - at[n])),
        )
        for n, text in enumerate(told)
    ]
    for first in range(0, len(events), 120):
        live(made, *events[first : first + 120])
    return made, group


def test_topics_and_keywords_with_messages_that_show_them(room):
    _made, group = room
    stretch = stretch_of(group.pk)
    talk = texts.talk_of(SYSTEM, group.pk, stretch)
    assert talk.messages == talk.looked_at == 480
    assert not talk.compared
    assert {topic.words[0] in words for topic in talk.topics for words in THEMES.values()} == {True, False}
    assert texts.topics_of(SYSTEM, group.pk, stretch) == talk.topics
    for shown in [*talk.topics, *texts.keywords_of(SYSTEM, group.pk, stretch)]:
        words = getattr(shown, "words", None) or [shown.word]
        opened = messages.by_keys(shown.messages)
        assert set(opened) == set(shown.messages)
        assert shown.messages
        for message in opened.values():
            assert any(word in message.text for word in words)
    assert all(len(topic.shares) == -(-stretch.count // 7) for topic in talk.topics)


def test_what_was_said_comes_in_order_without_ours(room):
    made, group = room
    live(made, said("!a", "我是机器人", by="@bot", name="机器人", key="$bot", is_bot=True))
    found = list(texts.said(group.pk, stretch_of(group.pk)))
    assert len(found) == 480
    assert [moment for _key, moment, *_rest in found] == sorted(moment for _key, moment, *_rest in found)
    key, moment, _identity, text = found[7]
    assert messages.by_keys([key])[key].text == text
    assert key[1] == moment


def test_what_is_remembered_is_forgotten_when_more_is_said(room):
    made, group = room
    stretch = stretch_of(group.pk)
    before = texts.talk_of(SYSTEM, group.pk, stretch)
    assert texts.talk_of(SYSTEM, group.pk, stretch) == before
    live(made, said("!a", "晨跑 配速 马拉松", key="$more", at=NOON - minutes(1)))
    assert texts.talk_of(SYSTEM, group.pk, stretch).messages == before.messages + 1


def test_of_very_many_messages_some_are_looked_at(room, monkeypatch):
    monkeypatch.setattr(texts, "MOST", 240)
    monkeypatch.setattr(texts, "_TOGETHER", 40)
    _made, group = room
    talk = texts.talk_of(SYSTEM, group.pk, stretch_of(group.pk))
    assert (talk.messages, talk.looked_at) == (480, 240)


def test_against_its_own_past(room):
    _made, group = room
    whole = stretch_of(group.pk)
    later = type(whole)(whole.first + timedelta(days=whole.count - 3), 3)
    talk = texts.talk_of(SYSTEM, group.pk, later)
    assert talk.compared
    assert {each.word for each in talk.keywords[:3]} <= set(THEMES["docker"])


def test_the_picture_of_a_group(room):
    _made, group = room
    drawn = texts.cloud_of(SYSTEM, group.pk, stretch_of(group.pk), width=400, height=300)
    assert drawn.startswith(b"\x89PNG")


def test_strangers_see_nothing(room):
    _made, group = room
    for read in (texts.talk_of, texts.topics_of, texts.keywords_of, texts.cloud_of):
        with pytest.raises(NotFound):
            read(STRANGER, group.pk, stretch_of(group.pk))


# ------------------------------------------------------------------ a community's own words
def test_a_community_s_own_words_are_kept_whole(room):
    made, group = room
    live(made, *(said("!a", f"变分自编码器第 {n} 讲", key=f"$v{n}", at=NOON - minutes(n + 1)) for n in range(5)))
    stretch = stretch_of(group.pk)
    home = group.community_id

    def counted():
        return texts.talk_of(SYSTEM, group.pk, stretch).words

    assert "变分自编码器" not in counted()
    kept = actions.set_dictionary(
        actor=SYSTEM, community_id=home, words="变分自编码器，答疑台\n\n 答疑台 、Big  Data"
    )
    assert kept == ["变分自编码器", "答疑台", "Big Data"]
    assert selectors.dictionary(SYSTEM, home) == kept
    assert counted()["变分自编码器"] == 5
    actions.set_dictionary(actor=SYSTEM, community_id=home, words="\n".join(kept))
    entries = audit.visible_to(SYSTEM).filter(action="dictionary.changed")
    assert [entry.params["count"] for entry in entries] == [3]


def test_who_may_change_the_words(room):
    _made, group = room
    home = group.community_id
    viewer = Actor(id=3, name="Li", grants={home: Role.VIEWER})
    with pytest.raises(NotAllowed):
        actions.set_dictionary(actor=viewer, community_id=home, words="答疑台")
    with pytest.raises(NotFound):
        actions.set_dictionary(actor=STRANGER, community_id=home, words="答疑台")
    with pytest.raises(NotFound):
        selectors.dictionary(STRANGER, home)
    assert selectors.dictionary(viewer, home) == []


@pytest.mark.parametrize("words", ["好", "长" * 41, "\n".join(f"词{n}" for n in range(2001))])
def test_words_that_cannot_be_kept(room, words):
    _made, group = room
    with pytest.raises(Invalid):
        actions.set_dictionary(actor=SYSTEM, community_id=group.community_id, words=words)
