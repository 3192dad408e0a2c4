"""What it costs to see that a message meets no keyword rule, or which, beside the library alone."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from ahocorasick_rs import AhoCorasick, Implementation

from qunce.cli.bench import load
from qunce.community.types import GroupFacts
from qunce.desk.policies import Matcher, normalise
from qunce.desk.types import Match, Rule
from qunce.kernel import clock

GROUP = GroupFacts(1, "bench", "!room", "room", 1, ZoneInfo("Asia/Shanghai"), ("bench",))


def measure(*, messages: int, rules: int, rounds: int) -> dict[str, Any]:
    """Microseconds a message, medians of alternating rounds; asserts that each asking message is met.

    ``mixed``: the same number of rules, a quarter each of whole messages, keywords, words together and patterns.
    ``ratio`` is what ours take for one kind beside the library's automaton for all, ``mixed_ratio`` for all kinds.
    """
    made = load.make(messages=messages, groups=1, members=1, rules=rules, seed=1)
    texts = [event.text for batch in made.batches for event in batch]
    keywords = [load.keyword(number) for number in range(rules)]
    started = time.perf_counter()
    matcher = Matcher(Rule(number, Match.CONTAINS, (word,), "…") for number, word in enumerate(keywords))
    built = time.perf_counter() - started
    started = time.perf_counter()
    mixed = Matcher(_of_any_kind(number, word) for number, word in enumerate(keywords))
    mixed_built = time.perf_counter() - started
    alone = AhoCorasick(keywords, implementation=Implementation.ContiguousNFA).find_matches_as_indexes
    silent = [text for text in texts if "口令" not in text]
    now = clock.now()
    works: dict[str, tuple[Callable[[str], object], Sequence[str]]] = {
        "none_met": (lambda text: matcher.hits(text, GROUP, now), silent),
        "all": (lambda text: matcher.hits(text, GROUP, now), texts),
        "mixed_none_met": (lambda text: mixed.hits(text, GROUP, now), silent),
        "mixed_all": (lambda text: mixed.hits(text, GROUP, now), texts),
        "normalise": (normalise, texts),
        "library_alone": (alone, texts),
    }
    _check(matcher, texts, len(texts) - len(silent))
    _check(mixed, texts, sum("口令" in text and _number(text) % 4 != 0 for text in texts))
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _round in range(rounds):
        for name, (work, on) in works.items():
            taken[name].append(_each(work, on))
    medians = {name: statistics.median(each) for name, each in taken.items()}
    return {
        "messages": messages,
        "rules": rules,
        "compiled_s": round(built, 3),
        "mixed_compiled_s": round(mixed_built, 3),
        **{f"{name}_us": round(each, 2) for name, each in medians.items()},
        **_ratios(medians),
    }


def _of_any_kind(number: int, word: str) -> Rule:
    """A rule for the keyword; the whole message is never just that, the other kinds are met where it is."""
    written: Sequence[tuple[Match, tuple[str, ...]]] = (
        (Match.EXACT, (word,)),
        (Match.CONTAINS, (word,)),
        (Match.ALL, (word, "老师")),
        (Match.PATTERN, (f"(老师|同学).{{0,8}}{word}[，,]?(谢谢|多谢)",)),
    )
    match, keywords = written[number % 4]
    return Rule(number, match, keywords, "…")


def _number(text: str) -> int:
    """Whose keyword is in a text that asks."""
    return int(text.partition("口令")[2][:5])


def _check(matcher: Matcher, texts: Sequence[str], asking: int) -> None:
    now = clock.now()
    if sum(bool(matcher.hits(text, GROUP, now)) for text in texts) != asking:
        raise AssertionError("a message that asks was not met, or one that does not ask was")


def _ratios(medians: Mapping[str, float]) -> dict[str, float]:
    alone = medians["library_alone"]
    return {"ratio": round(medians["all"] / alone, 2), "mixed_ratio": round(medians["mixed_all"] / alone, 2)}


def _each(work: Callable[[str], object], texts: Sequence[str]) -> float:
    """Microseconds of processor time per text."""
    start = time.process_time()
    for text in texts:
        work(text)
    return (time.process_time() - start) / len(texts) * 1e6
