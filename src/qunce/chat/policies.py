"""Pure decisions of the chat context: a delivery's life, and how fast an account may speak."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from unicodedata import normalize
from zoneinfo import ZoneInfo

from qunce.chat.types import (
    Button,
    Capabilities,
    Content,
    DeliveryState,
    Media,
    Mention,
    Pace,
    Part,
    Poll,
    Restraint,
    Rhythm,
    Signals,
    Text,
    Waves,
)

_S = DeliveryState

TRANSITIONS: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    # Held is out of a gateway's reach until its wave is released, or its broadcast resumed.
    _S.HELD: frozenset({_S.PLANNED, _S.SKIPPED}),
    # Unknown: it was tried before, may have arrived, and is too late to be repeated.
    _S.PLANNED: frozenset({_S.CLAIMED, _S.HELD, _S.SKIPPED, _S.UNKNOWN}),
    # A claim is committed before the wire is touched; what became of it is one of these.
    _S.CLAIMED: frozenset({_S.SENT, _S.FAILED, _S.UNKNOWN, _S.PLANNED}),
    # Only evidence (an echo) or a person settles what is unknown.
    _S.UNKNOWN: frozenset({_S.SENT, _S.PLANNED, _S.FAILED}),
    _S.FAILED: frozenset({_S.PLANNED}),
    _S.SENT: frozenset({_S.RECALLED}),
    _S.SKIPPED: frozenset(),
    _S.RECALLED: frozenset(),
}
"""What a delivery may become. Nothing leads from sent back to planned: what was sent is never sent again."""

LONGEST_PAUSE = timedelta(minutes=5)
MOST_REPEATS = 8


def may_become(state: DeliveryState, target: DeliveryState) -> bool:
    """Whether a delivery in ``state`` may become ``target``."""
    return target in TRANSITIONS[state]


def after_interruption(
    capabilities: Capabilities, first_claimed_at: datetime, now: datetime, *, repeatable: bool = False
) -> DeliveryState:
    """What becomes of a claim whose outcome nobody knows.

    Where the platform recognises a repeated transaction id, and still does, it is planned again; elsewhere it
    is unknown, shown to the operator and never repeated by itself. ``repeatable``: doing it twice is doing it
    once (operations: muting, pinning, setting a notice).
    """
    if repeatable:
        return _S.PLANNED
    safe = timedelta(hours=capabilities.idempotent_hours)
    return _S.PLANNED if safe and now - first_claimed_at < safe else _S.UNKNOWN


def pause_before_repeat(attempts: int) -> timedelta:
    """Growing pauses between repeats of one delivery: 2 s, 4 s, 8 s … up to five minutes."""
    return min(timedelta(seconds=2 ** min(attempts, 16)), LONGEST_PAUSE)


@dataclass(slots=True)
class Bucket:
    """A token bucket: ``burst`` at once, ``per_second`` in the long run. Moments are seconds of one clock."""

    per_second: float
    burst: int
    tokens: float = field(init=False)
    at: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        """Starts full."""
        self.tokens = float(self.burst)

    def _refill(self, now: float) -> None:
        if now > self.at:
            self.tokens = min(self.burst, self.tokens + (now - self.at) * self.per_second)
            self.at = now

    def wait(self, now: float) -> float:
        """Seconds until one more may go."""
        self._refill(now)
        return 0.0 if self.tokens >= 1 else (1 - self.tokens) / self.per_second

    def take(self, now: float) -> None:
        """One goes."""
        self._refill(now)
        self.tokens -= 1


class Pacer:
    """When an account may send: the platform's published limits for the account and for each chat.

    It lives in the gateway's memory and is relearned from the ledger by `replay`; `pause` obeys what the
    platform itself demands.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._account = Bucket(pace.per_second, pace.burst)
        self._chats: dict[int, Bucket] = {}
        self._paused_until = 0.0
        self._chats_paused: dict[int, float] = {}

    def replay(self, sends: Iterable[tuple[float, int]]) -> None:
        """Take earlier sends (moment, group id) into account, oldest first."""
        for moment, group_id in sends:
            self.take(group_id, moment)

    def pause(self, seconds: float, now: float, group_id: int | None = None) -> None:
        """The platform said "not now", to the account or for one chat."""
        if group_id is None:
            self._paused_until = max(self._paused_until, now + seconds)
        else:
            self._chats_paused[group_id] = max(self._chats_paused.get(group_id, 0.0), now + seconds)

    def wait(self, now: float) -> float:
        """Seconds until the account may send anything."""
        return max(self._paused_until - now, self._account.wait(now), 0.0)

    def room(self, now: float, most: int) -> int:
        """How many messages may go at this moment, at most ``most``."""
        if self.wait(now) > 0:
            return 0
        return max(1, min(most, int(self._account.tokens)))

    def chat_wait(self, group_id: int, now: float) -> float:
        """Seconds until this chat may get one more."""
        bucket = self._chats.get(group_id)
        return max(self._chats_paused.get(group_id, 0.0) - now, bucket.wait(now) if bucket else 0.0, 0.0)

    def waiting_chats(self, now: float) -> dict[int, float]:
        """Chats that must wait, and for how many seconds; those that need not any more are forgotten."""
        waits = {key: self.chat_wait(key, now) for key in {*self._chats, *self._chats_paused}}
        for key, seconds in waits.items():
            bucket = self._chats.get(key)
            if seconds == 0 and (bucket is None or bucket.tokens >= bucket.burst):
                self._chats.pop(key, None)
                self._chats_paused.pop(key, None)
        return {key: seconds for key, seconds in waits.items() if seconds > 0}

    def take(self, group_id: int, now: float) -> None:
        """One message goes to this chat."""
        self._account.take(now)
        if group_id not in self._chats:
            self._chats[group_id] = Bucket(self._pace.chat_per_second, self._pace.chat_burst)
            self._chats[group_id].at = now
        self._chats[group_id].take(now)


# ------------------------------------------------------------------ what a broadcast's text may say
VARIABLES: Mapping[str, str] = {
    "group": "群名",
    "members": "人数",
    "community": "社群",
    "days": "开群天数",
    "staff": "发送人",
    "date": "日期",
    "weekday": "星期",
}
"""What a broadcast may say of each of its targets, by name and by the Chinese name that means the same."""


class Fit(StrEnum):
    """What becomes of a message on a platform that cannot do all of it. The last ones: it cannot be sent there."""

    NO_BUTTON = "button"
    NO_POLL = "poll"
    NO_MENTION = "mention"
    PICTURE_AS_FILE = "picture"
    TOO_LONG = "long"
    NO_FILES = "files"
    TOO_LARGE = "large"


def fitted(content: Content, can: Capabilities) -> tuple[Content, frozenset[Fit], Fit | None]:
    """What is sent instead on a platform with these capabilities, remarks about it, and what forbids it if anything.

    A button becomes a line with its address, a poll its lines, a mention its words, a picture a file; what is
    longer or larger than the platform takes, or of a kind that it does not, cannot be sent.
    """
    remarks: set[Fit] = set()
    parts: list[Part] = []
    obstacle: Fit | None = None
    for part in content.parts:
        match part:
            case Media() if not can.media & {part.kind, "file"}:
                obstacle = Fit.NO_FILES
            case Media() if part.size is not None and part.size > can.largest_file:
                obstacle = Fit.TOO_LARGE
            case Media() if part.kind not in can.media:
                part = replace(part, kind="file")  # noqa: PLW2901 (what is sent instead)
                remarks.add(Fit.PICTURE_AS_FILE)
            case Button() | Poll() | Mention() if not _offers(can, part):
                remarks.add(_INSTEAD[type(part)])
                part = Text(Content((part,)).plain)  # noqa: PLW2901
        parts.append(part)
    words = Content(tuple(part for part in parts if not isinstance(part, Media)))
    if len(words.plain) > can.longest_text:
        obstacle = obstacle or Fit.TOO_LONG
    return Content(tuple(parts)), frozenset(remarks), obstacle


_INSTEAD: Mapping[type[Part], Fit] = {Button: Fit.NO_BUTTON, Poll: Fit.NO_POLL, Mention: Fit.NO_MENTION}


def _offers(can: Capabilities, part: Button | Poll | Mention) -> bool:
    return {Button: can.buttons, Poll: can.polls, Mention: can.mention}[type(part)]


# ------------------------------------------------------------------ links and who follows them
_ADDRESS = re.compile(r"https?://[^\s<>\"'`{}|\\^，。！？；：、（）【】《》“”‘’]+", re.IGNORECASE)
_AT_THE_END = ".,;:!?)]*_~"
_MACHINE = re.compile(
    r"(?<!cu)bot\b|crawl|spider|preview|facebookexternalhit|whatsapp/|slack-|embedly|pinterest|vkshare"
    r"|python|curl|wget|go-http|okhttp|^java/|headless|monitor|fetch",
    re.IGNORECASE,
)
"""Programs by what they call themselves. Apps' own browsers are people: Telegram-Android, MicroMessenger, QQ."""


def relinked(content: Content, short: Callable[[str], str]) -> Content:
    """The content with each web address as ``short`` makes it; what ends a sentence is no part of an address."""

    def one(found: re.Match[str]) -> str:
        address = found[0].rstrip(_AT_THE_END)
        return short(address) + found[0][len(address) :]

    def part_with(part: Part) -> Part:
        match part:
            case Text(text):
                return Text(_ADDRESS.sub(one, text))
            case Button(label, url):
                return Button(label, short(url))
            case _:
                return part

    return Content(tuple(part_with(part) for part in content.parts))


def is_machine(user_agent: str) -> bool:
    """Whether a link was fetched by a program, such as a platform that draws a preview, and by no reader."""
    return not user_agent.strip() or _MACHINE.search(user_agent) is not None


# ------------------------------------------------------------------ waves
def in_waves(waves: Waves | None, group_ids: Sequence[int]) -> list[int]:
    """The number of each group's wave, from 0. Without waves everything is in the first."""
    if waves is None:
        return [0] * len(group_ids)
    chosen = set(waves.canaries) or set(group_ids[: waves.first])
    begin = 1 if chosen & set(group_ids) else 0
    numbers, later = [], 0
    for group_id in group_ids:
        numbers.append(0 if group_id in chosen else begin + (later // waves.size if waves.size else 0))
        later += group_id not in chosen
    return numbers


def passed(waves: Waves, signals: Signals) -> bool:
    """Whether a bound is passed: as many of a kind as it says, or more."""
    pairs = (
        (waves.failed, signals.failed),
        (waves.left, signals.left),
        (waves.complaints, signals.complaints),
    )
    return any(bound is not None and count >= max(1, bound) for bound, count in pairs)


LONGEST_COMPLAINT = 60


def is_complaint(text: str, words: Iterable[str]) -> bool:
    """Whether a short message contains one of the words; a word in Latin letters only as a word of its own."""
    said = normalize("NFKC", text).casefold()
    if len(said) > LONGEST_COMPLAINT:
        return False
    for word in words:
        sought = normalize("NFKC", word).casefold().strip()
        edge = r"\b" if sought.isascii() else ""
        if sought and re.search(f"{edge}{re.escape(sought)}{edge}", said):
            return True
    return False


# ------------------------------------------------------------------ when campaigns may go
def quiet_until(rules: Restraint, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours end that ``now`` lies in, by the clock of ``zone``; None outside them."""
    begin, end = rules.quiet_from, rules.quiet_until
    if begin is None or end is None or begin == end:
        return None
    local = now.astimezone(zone)
    here = local.time().replace(tzinfo=None)
    inside = begin <= here < end if begin < end else here >= begin or here < end
    if not inside:
        return None
    day = local.date() if here < end else local.date() + timedelta(days=1)
    return max(_moment(day, end, zone), now)


def day_begins(now: datetime, zone: ZoneInfo) -> datetime:
    """Midnight of the day that ``now`` lies in."""
    return _moment(now.astimezone(zone).date(), time(), zone)


def tomorrow(rules: Restraint, now: datetime, zone: ZoneInfo) -> datetime:
    """The first moment of the next day at which campaigns may go."""
    begins = _moment(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    return quiet_until(rules, begins, zone) or begins


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(ZoneInfo("UTC"))


def next_occurrence(rhythm: Rhythm, after: datetime) -> datetime | None:
    """The first moment of a rhythm later than ``after``; None: there is none.

    One per day of the zone's calendar: a time that is skipped when clocks go forward comes that much later, one
    that comes twice is taken the first time.
    """
    zone = ZoneInfo(rhythm.zone)
    if not rhythm.weekdays:
        moment = _moment(rhythm.first, rhythm.at, zone)
        return moment if moment > after else None
    day = max(rhythm.first, after.astimezone(zone).date() - timedelta(days=1))
    for _each in range(9):
        moment = _moment(day, rhythm.at, zone)
        if rhythm.until and day > rhythm.until:
            return None
        if day.weekday() in rhythm.weekdays and moment > after:
            return moment
        day += timedelta(days=1)
    return None
