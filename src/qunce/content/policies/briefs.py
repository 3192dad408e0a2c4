"""What a brief is made of, and when it goes out. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from qunce.content.policies.feeds import title_key, url_key
from qunce.content.types import Candidate, Line
from qunce.content.types.briefs import LONGEST_LINE_TEXT, LONGEST_LINE_TITLE
from qunce.kernel.folding import normalise

HALF_LIFE = timedelta(hours=24)
"""After so long an entry counts half as much."""
OLDEST = timedelta(days=7)
"""What came out earlier is no news."""
REPEATED = 0.5
"""By so much each entry of a source makes the next one of the same source count less."""
WANTED = 1.0
"""By so much each word that is looked for makes an entry count more, three of them at most."""
MOST_WANTED = 3
COUNTRIES = ("CN", "HK", "TW", "SG", "JP", "US", "GB", "DE")
"""Whose public holidays a plan can leave out."""


def keys(title: str, url: str) -> set[str]:
    """What is the same wherever it is read."""
    return {key for key in (url_key(url), title_key(title)) if key}


def propose(
    candidates: Iterable[Candidate],
    *,
    now: datetime,
    count: int,
    wanted: Sequence[str] = (),
    unwanted: Sequence[str] = (),
    used: Collection[str] = (),
) -> list[Candidate]:
    """The best entries, the best first: fresh ones, of feeds that weigh more, with words that are wanted.

    None that was used (`keys`), none with an unwanted word, and a source again only where it is that much better.
    """
    sought, refused = [normalise(word) for word in wanted], [normalise(word) for word in unwanted]
    scores: dict[Candidate, float] = {}
    for each in candidates:
        said = normalise(f"{each.title} {each.text}")
        if now - each.at > OLDEST or any(word in said for word in refused if word):
            continue
        met = min(MOST_WANTED, sum(word in said for word in sought if word))
        age = max(timedelta(), now - each.at) / HALF_LIFE
        scores[each] = each.weight * (1 + WANTED * met) * 0.5**age
    chosen: list[Candidate] = []
    taken, of_source = set(used), Counter[int]()
    for key in [each for each in scores if keys(each.title, each.url) & taken]:
        del scores[key]
    while scores and len(chosen) < count:
        best = max(scores, key=lambda each: (scores[each] * REPEATED ** of_source[each.feed_id], -each.id))
        chosen.append(best)
        of_source[best.feed_id] += 1
        taken |= keys(best.title, best.url)
        scores = {each: score for each, score in scores.items() if not keys(each.title, each.url) & taken}
    return chosen


def line_of(entry: Candidate) -> Line:
    """An entry as a line; it can be said otherwise."""
    return Line(
        key=f"entry:{entry.id}",
        title=entry.title[:LONGEST_LINE_TITLE],
        text=shortened(entry.text),
        url=entry.url,
        source=entry.source,
    )


SHORT = 80


def shortened(text: str) -> str:
    """The beginning of a text, as long as somebody reads in a chat."""
    text = " ".join(text.split())[:LONGEST_LINE_TEXT]
    return text if len(text) <= SHORT else f"{text[: SHORT - 1].rstrip()}…"


# ------------------------------------------------------------------ as it is said
def as_said(lines: Iterable[Line]) -> str:
    """The lines with their numbers, as text."""
    blocks = []
    for number, line in enumerate(lines, 1):
        source = f"（{line.source}）" if line.source and not line.title.isascii() else f" ({line.source})"
        first = f"{number}. {line.title}{source if line.source else ''}"
        blocks.append("\n".join(part for part in (first, line.text, line.url) if part))
    return "\n\n".join(blocks)


def braced(text: str) -> str:
    """A text in which nothing is a variable."""
    return text.replace("{", "{{").replace("}", "}}")


def template(header: str, lines: Iterable[Line], footer: str) -> str:
    """The whole brief; header and footer may have variables, the lines have none."""
    return "\n\n".join(part for part in (header.strip(), braced(as_said(lines)), footer.strip()) if part)


# ------------------------------------------------------------------ when
def moment(day: date, at: time, zone: str) -> datetime:
    """A time of day by the clock of ``zone``: one that clocks skip comes that much later, of two the first."""
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


def days_about(now: datetime, zone: str) -> list[date]:
    """The days whose briefs may have to be looked at: yesterday's that was missed, and those that can be edited."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return [today + timedelta(days=offset) for offset in range(-1, 4)]


def is_off(day: date, country: str) -> bool:
    """Whether a day is a public holiday of a country (one of COUNTRIES, or none)."""
    return bool(country) and day in _holidays(country, day.year)


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays(country, years=year))
