"""The draft of a write-up: a session's messages as talk, questions with their answers, and what stands beside. Pure.

Extractive: nothing is said that nobody has said, and every passage keeps the messages that it was made from. What is
taken for chatter is left aside, not thrown away. How well it does is measured on the session of
tests/insights/write_up.py, which was labelled by hand.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from math import sqrt

import numpy as np

from qunce.content.policies.drafts import joined
from qunce.content.types import Draft, Passage, Role, Speaker
from qunce.content.types.sessions import LONGEST_PASSAGE, LONGEST_TOPIC, MOST_PASSAGES
from qunce.insights.policies import replies, texts
from qunce.insights.types import Mark
from qunce.insights.types.writeups import Utterance

_STICKER = re.compile(r"\[[^\[\]\s]{1,6}\]|:[a-z0-9_+-]{2,}:")
_WORDLESS = re.compile(r"[\W_]*")
_APPLAUSE = re.compile(
    r"[\W_]*(?:6{2,}|1+|\+1|[哈嘿呵嘻]{2,}|[赞棒牛]+|厉害了?(?:我的哥)?|太(?:棒|强|牛|赞|好|厉害)了?|学到了(?:学到了)?|学习了|受教了?"
    r"|收到|(?:谢谢|感谢|多谢|辛苦).{0,10}|(?:大家|各位|老师|.{1,4}老师)?(?:早|早上|上午|中午|下午|晚上)?好(?:呀|啊|的|嘞)?"
    r"|来了来?了?|打卡|签到|报到|前排.{0,4}|鼓掌|支持|期待.{0,6}|精彩|嗯+|对+[呀啊的]?|是的|哦+|噢+|ok|yes|wow|哇+|有道理"
    r"|说得(?:真|太)?好|同感|明白了?|懂了|了解|记下了?|收藏了?|截图了?|欢迎.{0,10}|晚安|拜拜|明天见|掌声.{0,6}|撒花|nice|thanks?.{0,12}"
    r"|great|good|lol|haha+)[\W_]*",
    re.IGNORECASE,
)
_PROCEDURE = re.compile(
    r"听得[到见]|能听[到见]|看得[到见]|开始了?[吗么没]|有(?:什么|没有)?(?:问题|疑问)(?:的|要问)?|(?:可以|开始|自由|欢迎)提问|提问(?:环节|时间)"
    r"|还有(?:谁|人|哪位|其他)|回放|录屏|几点(?:开始|结束)|any questions",
    re.IGNORECASE,
)
_OPEN_FLOOR = re.compile(r"提问|答疑|有(?:什么|没有)?(?:问题|疑问)|questions", re.IGNORECASE)
_ANSWERS = re.compile(
    r"(?:好问题|这个问题|这个问得|问得好|是这样|对[,，。、 ]|不是[,，。、 ]|可以的?[,，。、 ]"
    r"|不用|不会|看情况|其实|分(?:两|三|几)|我(?:的)?(?:建议|一般|会|自己)|先说|回答)"
)
_CLOSES = re.compile(
    r"最后[,，]?(?:再)?(?:送|说|讲|总结|补)|总结一下|今天(?:就|先)(?:讲|到)|送(?:给)?大家", re.IGNORECASE
)
_ON = 150.0
"""Seconds within which the same person goes on with the same."""
_PARAGRAPH = 600.0
LONGEST_PARAGRAPH = 500
_TYPING = 8.0
"""What was asked less long ago was not read before the answer was written."""
_SHORTEST_QUESTION, _SHORTEST_ANSWER, _SHORTEST_HELP = 4, 6, 10
_KEYWORDS, _POINTS = 8, 3
_COUNTS = re.compile(r"[一两几每这那][\u4e00-\u9fff]")
"""How much of something, or which: no word that tells what was talked about."""
_READABLE = (15, 200)


@dataclass(slots=True)
class _Sorting:
    """What each message is (``role``), and of which question (``of``: its place)."""

    said: Sequence[Utterance]
    speakers: Collection[int]
    parents: Sequence[int]
    role: list[Role] = field(default_factory=list)
    of: list[int] = field(default_factory=list)
    open_floor: bool = False
    unanswered: list[int] = field(default_factory=list)
    last: dict[int, int] = field(default_factory=dict)

    def sort(self) -> None:
        for place, each in enumerate(self.said):
            role, of = self._speaker(place, each) if each.identity_id in self.speakers else self._other(place, each)
            self.role.append(role)
            self.of.append(of)
            if role is Role.QUESTION and of == place:
                self.unanswered.append(place)
            elif role is Role.ANSWER and of in self.unanswered and each.identity_id in self.speakers:
                self.unanswered.remove(of)
            if _OPEN_FLOOR.search(each.text):
                self.open_floor = True
            if role is not Role.ASIDE:
                self.last[each.identity_id] = place

    def _other(self, place: int, each: Utterance) -> tuple[Role, int]:
        """Somebody who listens: asks, goes on asking, helps to answer, or chats."""
        if is_chatter(each) or _PROCEDURE.search(each.text):
            return Role.ASIDE, -1
        if _asks(each.text):
            return self._asked(place, each)
        before = self.last.get(each.identity_id, -1)
        if before >= 0 and self.role[before] is Role.QUESTION and self._goes_on(before, place):
            return Role.QUESTION, self.of[before]
        asked = self._helped(place, each)
        return (Role.ANSWER, asked) if asked >= 0 else (Role.ASIDE, -1)

    def _helped(self, place: int, each: Utterance) -> int:
        """The question that a listener answers: by the platform's word, or where they meet the question itself."""
        answered = each.reply_to if each.reply_to >= 0 else self.parents[place]
        asked = self._question_of(answered)
        if asked < 0 or self.said[asked].identity_id == each.identity_id:
            return -1
        if each.reply_to >= 0:
            return asked if len(each.text) >= _SHORTEST_ANSWER else -1
        meant = self.role[answered] is Role.QUESTION and len(_STICKER.sub("", each.text)) >= _SHORTEST_HELP
        return asked if meant else -1

    def _asked(self, place: int, each: Utterance) -> tuple[Role, int]:
        before = self.last.get(each.identity_id, -1)
        if before >= 0 and self.role[before] is Role.QUESTION and self._goes_on(before, place):
            return Role.QUESTION, self.of[before]
        return Role.QUESTION, place

    def _goes_on(self, before: int, place: int) -> bool:
        """Whether a message of the same person belongs to theirs before: soon after, and nobody has answered yet."""
        if self.said[place].at - self.said[before].at > _ON:
            return False
        return all(
            self.said[between].identity_id not in self.speakers or self.role[between] is Role.ASIDE
            for between in range(before + 1, place)
        )

    def _speaker(self, place: int, each: Utterance) -> tuple[Role, int]:
        """Somebody who speaks: talks, or answers."""
        if is_chatter(each) or _only_leads(each.text):
            return Role.ASIDE, -1
        asked = self._answered(place, each)
        return (Role.ANSWER, asked) if asked >= 0 else (Role.TALK, -1)

    def _answered(self, place: int, each: Utterance) -> int:
        """The question that a speaker answers, by what tells most: the platform, a name, words, order; -1: none."""
        if each.reply_to >= 0:
            return self._question_of(each.reply_to)
        if (named := self._of_named(each)) >= 0:
            return named
        if self.open_floor and _CLOSES.match(each.text):
            return -1
        about = self._about(each)
        return about if about >= 0 else self._in_order(place, each)

    def _in_order(self, place: int, each: Utterance) -> int:
        """Where nothing else tells: what the speaker was at, else the question that has waited since."""
        before = self.last.get(each.identity_id, -1)
        goes_on = before >= 0 and each.at - self.said[before].at <= _ON
        if goes_on and self.role[before] is Role.ANSWER and not self._turns(place, each):
            return self.of[before]
        talks_on = goes_on and self.role[before] is Role.TALK and not self.open_floor
        if not self.unanswered or (talks_on and not _ANSWERS.match(each.text)):
            return -1
        if not self.open_floor and not _ANSWERS.match(each.text):
            return -1
        near = self._question_of(self.parents[place])
        since = [asked for asked in self.unanswered if asked > before]
        return near if near in self.unanswered else (since or self.unanswered)[0]

    def _about(self, each: Utterance) -> int:
        """The question that waits and shares most words with what is said; -1 where none shares enough."""
        here = _pairs(each.text)
        shared = [(len(here & _pairs(self.said[asked].text)), -asked) for asked in self.unanswered]
        most, asked = max(shared, default=(0, 0))
        return -asked if most >= _SHARED else -1

    def _turns(self, place: int, each: Utterance) -> bool:
        """Whether the speaker turns to another question: one asked since, or one that they seem to mean."""
        before = self.last.get(each.identity_id, -1)
        fresh = any(asked > before and each.at - self.said[asked].at >= _TYPING for asked in self.unanswered)
        parent = self._question_of(self.parents[place])
        return fresh or (bool(self.unanswered) and (parent in self.unanswered or bool(_ANSWERS.match(each.text))))

    def _of_named(self, each: Utterance) -> int:
        """The latest question of whom the message addresses, first one that waits."""
        asked = [place for place, role in enumerate(self.role) if role is Role.QUESTION and self.of[place] == place]
        named = [
            place
            for place in asked
            if self.said[place].identity_id in each.mentions or _is_called(self.said[place].name, each.text)
        ]
        waiting = [place for place in named if place in self.unanswered]
        return max(waiting or named, default=-1)

    def _question_of(self, place: int) -> int:
        """The question that a message is, or is an answer to."""
        return self.of[place] if 0 <= place < len(self.of) else -1


_SENTENCE = re.compile(r"[。！？!?\n；;，,]")
_SHORTEST_TALK = 12
_SHARED = 2
_PAIR = re.compile(r"(?=([\u4e00-\u9fff]{2}))|([a-z]{3,})")
_USUAL = re.compile(r"我们|大家|一个|这个|那个|什么|怎么|可以|就是|没有|时候|自己|一下|还是|是不|不是|老师")


def _pairs(text: str) -> frozenset[str]:
    """What is compared of a question and an answer: words of letters, and Chinese characters in pairs."""
    return frozenset(filter(None, (one or other for one, other in _PAIR.findall(_USUAL.sub(" ", text.casefold())))))


def _is_called(name: str, text: str) -> bool:
    who = re.escape(name)
    called = re.compile(rf"(?:回答|回复)?{who}[:：,，、\s]|(?:回答|回复){who}|.*@{who}", re.DOTALL)
    return len(name) > 1 and called.match(text) is not None


def _only_leads(text: str) -> bool:
    """Whether somebody only leads through the evening: beside such sentences nothing is said."""
    if not _PROCEDURE.search(text):
        return False
    rest = "".join(part for part in _SENTENCE.split(text) if not _PROCEDURE.search(part))
    return len(_WORDLESS.sub("", rest)) < _SHORTEST_TALK


def is_chatter(each: Utterance) -> bool:
    """Applause, stickers, greetings, thanks: of no use to who was not there."""
    if each.files:
        return False
    said = _STICKER.sub("", each.text)
    return bool(_WORDLESS.fullmatch(said) or _APPLAUSE.fullmatch(said))


def _asks(text: str) -> bool:
    return len(text.strip()) >= _SHORTEST_QUESTION and bool(texts.marks(text) & Mark.QUESTION)


def speakers_of(said: Sequence[Utterance], known: Collection[int]) -> set[int]:
    """Who speaks: those who are known to, else whoever says most."""
    there = {each.identity_id for each in said}
    if found := there & set(known):
        return found
    letters: Counter[int] = Counter()
    for each in said:
        letters[each.identity_id] += len(each.text)
    return {key for key, _count in letters.most_common(1)}


def composed(said: Sequence[Utterance], *, topic: str, known: Collection[int] = ()) -> Draft:
    """The draft of a session, ``said`` in order of time; ``known``: the identities of its speakers."""
    speakers = speakers_of(said, known)
    sorting = _Sorting(said, speakers, _parents(said))
    sorting.sort()
    talk = _talk(sorting)
    asked = _questions(sorting)
    aside = _paragraphs(sorting, [place for place, role in enumerate(sorting.role) if role is Role.ASIDE], Role.ASIDE)
    cut = [texts.words(each.text) for each in said]
    kept = [words for words, role in zip(cut, sorting.role, strict=True) if role is not Role.ASIDE]
    keywords = _keywords(kept)
    return Draft(
        title=topic[:LONGEST_TOPIC],
        points=tuple(_points([*talk, *(each for each in asked if each.role is Role.ANSWER)], keywords)),
        keywords=tuple(keywords),
        people=tuple(_people(said, speakers)),
        passages=tuple([*talk, *asked, *aside][:MOST_PASSAGES]),
    )


def _parents(said: Sequence[Utterance]) -> list[int]:
    """What each message answers, inferred where the platform does not say."""
    if not said:
        return []
    number: dict[int, int] = {}
    person = np.array([number.setdefault(each.identity_id, len(number)) for each in said], np.int32)
    names = {each.identity_id: each.name for each in said}
    found = replies.infer(
        np.array([each.at for each in said], np.float64),
        person,
        [each.text for each in said],
        [names[key] for key in number],
        np.array([each.reply_to for each in said], np.int32),
    )
    return [int(parent) for parent in found]


def _talk(sorting: _Sorting) -> list[Passage]:
    return _paragraphs(sorting, [place for place, role in enumerate(sorting.role) if role is Role.TALK], Role.TALK)


def _questions(sorting: _Sorting) -> list[Passage]:
    """Each question with its answers behind it, in the order in which they were asked."""
    found: list[Passage] = []
    for asked in [place for place, role in enumerate(sorting.role) if role is Role.QUESTION]:
        if sorting.of[asked] != asked:
            continue
        own = _of(sorting, asked, Role.QUESTION)
        question = _passage(sorting, own, Role.QUESTION)
        found.append(question)
        answers = _of(sorting, asked, Role.ANSWER)
        for who in dict.fromkeys(sorting.said[place].identity_id for place in answers):
            places = [place for place in answers if sorting.said[place].identity_id == who]
            found.append(_passage(sorting, places, Role.ANSWER, question.id))
    return found


def _of(sorting: _Sorting, asked: int, role: Role) -> list[int]:
    return [place for place, of in enumerate(sorting.of) if of == asked and sorting.role[place] is role]


def _paragraphs(sorting: _Sorting, places: Sequence[int], role: Role) -> list[Passage]:
    """One person's messages in a row are a paragraph, as long as it can be read and nothing is sent between."""
    found: list[list[int]] = []
    for place in places:
        here = sorting.said[place]
        last = sorting.said[found[-1][-1]] if found else None
        length = sum(len(sorting.said[each].text) for each in found[-1]) if found else 0
        if (
            last is not None
            and last.identity_id == here.identity_id
            and here.at - last.at <= _PARAGRAPH
            and length + len(here.text) <= LONGEST_PARAGRAPH
            and not last.files
        ):
            found[-1].append(place)
        else:
            found.append([place])
    return [_passage(sorting, each, role) for each in found]


def _passage(sorting: _Sorting, places: Sequence[int], role: Role, to: str = "") -> Passage:
    said = [sorting.said[place] for place in places]
    return Passage(
        id=f"p{places[0] + 1}",
        role=role,
        identity_id=said[0].identity_id,
        name=said[0].name,
        text=joined([each.text for each in said])[:LONGEST_PASSAGE],
        messages=tuple(each.key for each in said),
        files=tuple(file for each in said for file in each.files),
        to=to,
        dropped=role is Role.ASIDE,
    )


def _keywords(kept: Sequence[Sequence[str]]) -> list[str]:
    found = texts.keywords(texts.merged(kept), top=_KEYWORDS * 2)
    return [each.word for each in found if not _COUNTS.fullmatch(each.word)][:_KEYWORDS]


def _points(passages: Sequence[Passage], keywords: Sequence[str]) -> list[str]:
    """The passages that say most of what it was about, in their order."""
    weight = {word: len(keywords) - place for place, word in enumerate(keywords)}

    def worth(passage: Passage) -> float:
        telling = sum(weight[word] for word in set(texts.words(passage.text)) if word in weight)
        readable = _READABLE[0] <= len(passage.text) <= _READABLE[1]
        return telling / sqrt(len(passage.text) + 40) * (1.0 if readable else 0.5)

    best = sorted(enumerate(passages), key=lambda one: (-worth(one[1]), one[0]))[:_POINTS]
    return [each.id for _place, each in sorted(best)]


def _people(said: Iterable[Utterance], speakers: Collection[int]) -> list[Speaker]:
    """Who took part, those who speak first, then by how much they said."""
    times: Counter[int] = Counter(each.identity_id for each in said)
    names = {each.identity_id: each.name for each in said}
    order = sorted(times, key=lambda key: (key not in speakers, -times[key], key))
    return [Speaker(identity_id=key, name=names[key], messages=times[key], speaks=key in speakers) for key in order]
