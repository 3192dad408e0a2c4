"""What it costs to see that a message meets no keyword rule, or which, beside the library alone."""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from ahocorasick_rs import AhoCorasick, Implementation

from qunce.cli.bench import load
from qunce.desk.policies import Matcher, normalise
from qunce.desk.types import Match, Rule


def measure(*, messages: int, rules: int, rounds: int) -> dict[str, Any]:
    """Microseconds a message, medians of alternating rounds; asserts that each asking message is met."""
    made = load.make(messages=messages, groups=1, members=1, rules=rules, seed=1)
    texts = [event.text for batch in made.batches for event in batch]
    keywords = [load.keyword(number) for number in range(rules)]
    started = time.perf_counter()
    matcher = Matcher(Rule(number, Match.CONTAINS, (word,), "…") for number, word in enumerate(keywords))
    built = time.perf_counter() - started
    alone = AhoCorasick(keywords, implementation=Implementation.ContiguousNFA).find_matches_as_indexes
    silent = [text for text in texts if "口令" not in text]
    works: dict[str, tuple[Callable[[str], object], Sequence[str]]] = {
        "none_met": (lambda text: matcher.hits(text, group_id=1, community_id=1), silent),
        "all": (lambda text: matcher.hits(text, group_id=1, community_id=1), texts),
        "normalise": (normalise, texts),
        "library_alone": (alone, texts),
    }
    if sum(bool(matcher.hits(text, group_id=1, community_id=1)) for text in texts) != len(texts) - len(silent):
        raise AssertionError("a message that asks was not met, or one that does not ask was")
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _round in range(rounds):
        for name, (work, on) in works.items():
            taken[name].append(_each(work, on))
    medians = {f"{name}_us": round(statistics.median(each), 2) for name, each in taken.items()}
    return {"messages": messages, "rules": rules, "compiled_s": round(built, 3), **medians}


def _each(work: Callable[[str], object], texts: Sequence[str]) -> float:
    """Microseconds of processor time per text."""
    start = time.process_time()
    for text in texts:
        work(text)
    return (time.process_time() - start) / len(texts) * 1e6
