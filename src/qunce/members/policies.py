"""Pure decisions about people: stays from joins and leaves, what a name is found by, who is whom after merges."""

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from itertools import islice, product

OVERDUE = timedelta(days=14)
"""A core member from whom, or about whom, nothing was heard for so long waits for a word."""


# ------------------------------------------------------------------ stays
@dataclass(slots=True)
class Stay:
    """One stay: ``joined_at`` None where they were there before we looked, ``left_at`` None while it lasts.

    ``id`` is None for a stay that is not stored yet; ``changed`` says that it has to be written.
    """

    id: int | None
    joined_at: datetime | None
    left_at: datetime | None
    changed: bool = False


def join(stays: list[Stay], at: datetime | None) -> bool:
    """Apply a join; ``at`` None: found there. Returns whether it tells something new."""
    current = next((stay for stay in stays if stay.left_at is None), None)
    if at is None:
        if current is None:
            stays.append(Stay(None, None, None, changed=True))
        return current is None
    if any(stay.joined_at == at for stay in stays):
        return False
    earlier = [s for s in stays if s.joined_at is None and s.left_at is not None and s.left_at >= at]
    unknown = min(earlier, key=_left, default=None)
    if unknown is None and current is not None and current.joined_at is None:
        unknown = current
    if unknown is not None:
        unknown.joined_at, unknown.changed = at, True
        return True
    if current is None:
        stays.append(Stay(None, at, None, changed=True))
    return current is None


def leave(stays: list[Stay], at: datetime) -> bool:
    """Apply a leave. Returns whether it tells something new."""
    if any(stay.left_at == at for stay in stays):
        return False
    current = next((stay for stay in stays if stay.left_at is None), None)
    if current is not None and (current.joined_at is None or current.joined_at <= at):
        current.left_at, current.changed = at, True
    else:
        stays.append(Stay(None, None, at, changed=True))
    return True


def _left(stay: Stay) -> datetime:
    assert stay.left_at is not None  # noqa: S101 (filtered by the caller)
    return stay.left_at


def in_order(times: Sequence[datetime | None]) -> list[int]:
    """Indices in order of time; what has no time comes last, so that it never hides a known moment."""
    return sorted(range(len(times)), key=lambda i: (times[i] is None, times[i] or 0))


# ------------------------------------------------------------------ what a name is found by
UNITS = 10
"""How far into a name one may begin to read it."""
SOUNDS, TOGETHER = 3, 12
"""How many readings of a character, and of a name, are kept."""
LONGEST_KEY = 60
SURNAMES = {
    "曾": "zeng", "单": "shan", "解": "xie", "仇": "qiu", "区": "ou", "查": "zha", "任": "ren", "朴": "piao",
    "翟": "zhai", "缪": "miao", "盖": "ge", "员": "yun", "乐": "yue", "覃": "qin", "尉": "wei", "冼": "xian",
    "万": "wan", "折": "she", "召": "shao", "种": "chong", "黑": "he", "洗": "xian",
}  # fmt: skip
"""Characters that are read otherwise where they are surnames."""
_WORDS = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1100-\u11ff\u3040-\uffff\U00020000-\U0003ffff]")
_RUNS = re.compile(rf"(?:{_UNSPACED.pattern})+|(?:(?!{_UNSPACED.pattern}).)+")
_TONED = re.compile(r"(?:[bcdfghjklmnpqrstwxyz]{0,2}[aeiou]{1,3}(?:ng|n|r)?[1-5])+")


def fold(text: str) -> str:
    """Text as names are compared: width, case and accents make no difference."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(c for c in apart if unicodedata.category(c) not in {"Mn", "Cf"}))


@cache
def _dictionary() -> Mapping[int, str]:
    # Its phrases would cost a second and 60 MB in every process, and names are read character by character.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    from pypinyin.constants import PINYIN_DICT

    found: Mapping[int, str] = PINYIN_DICT
    return found


@lru_cache(20_000)
def _sounds(character: str) -> tuple[str, ...]:
    """How a Chinese character is read, without tones, the usual reading first; nothing for other characters."""
    told = _dictionary().get(ord(character), "")
    sounds: list[str] = [SURNAMES[character]] if character in SURNAMES else []
    for sound in filter(None, told.split(",")):
        if "ü" in unicodedata.normalize("NFC", _without_tones(sound)):
            sounds.append(fold(sound).replace("u", "v", 1))  # as it is typed
        sounds.append(fold(sound))
    return tuple(dict.fromkeys(sounds))[:SOUNDS]


def _without_tones(sound: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", sound) if c not in "\u0300\u0301\u0304\u030c")


def _units(name: str) -> list[tuple[str, tuple[str, ...]]]:
    """A folded name as what is read at once: words, and characters of scripts without spaces; each with readings."""
    units: list[tuple[str, tuple[str, ...]]] = []
    for word in _WORDS.findall(name):
        for run in _RUNS.findall(word):
            if _UNSPACED.match(run):
                units += [(character, _sounds(character) or (character,)) for character in run]
            else:
                units.append((run, (run,)))
    return units


def search_keys(names: Iterable[str], ids: Iterable[str] = ()) -> frozenset[str]:
    """What somebody is found by: a search finds whatever begins with it.

    Of names: each word and each place in them onwards, as it is written, as it sounds and by initials. Of ids: the
    whole, and the whole without the sign in front.
    """
    keys: set[str] = set()
    for name in names:
        folded = fold(name)
        keys.update(folded.split())
        if folded.isascii():
            keys |= _plain_keys(_WORDS.findall(folded))
            continue
        units = _units(folded)[: UNITS * 4]
        for start in range(min(len(units), UNITS)):
            rest = units[start:]
            keys.add("".join(written for written, _sounds in rest))
            if len(rest) == 1 and rest[0][1] == (rest[0][0],):
                continue
            # The first character's readings turn fastest: where there are too many, the surname's are all there.
            for spoken in islice(product(*(sounds for _written, sounds in reversed(rest))), TOGETHER):
                keys.add("".join(reversed(spoken)))
                keys.add("".join(sound[0] for sound in reversed(spoken)))
    for key in ids:
        folded = fold(key)
        keys |= {folded, folded.lstrip("@#!+_")}
    found = ("".join(key.split())[:LONGEST_KEY] for key in keys)
    return frozenset(filter(None, found))


def _plain_keys(words: Sequence[str]) -> set[str]:
    """The same for words that are read as they are written, which most names on some platforms are."""
    if len(words) == 1:
        return {words[0]}
    keys = {"".join(words[start:]) for start in range(min(len(words), UNITS))}
    return keys | {"".join(word[0] for word in words[start:]) for start in range(min(len(words), UNITS))}


def keys_text(keys: Iterable[str]) -> str:
    """Keys as one line each, in which form they travel to the database."""
    return "\n".join(sorted(keys))


def search_query(text: str) -> str:
    """A search as PostgreSQL's tsquery: every word (of one script) is the beginning of some key."""
    wanted = []
    for word in fold(text).replace("'", "").replace("’", "").split():
        for run in [word] if word.isascii() else _RUNS.findall(word):
            forms = {run, re.sub("[1-5]", "", run)} if _TONED.fullmatch(run) else {run}
            wanted.append("(" + " | ".join(f"{_quoted(form[:LONGEST_KEY])}:*" for form in sorted(forms)) + ")")
    return " & ".join(wanted)


def _quoted(key: str) -> str:
    return "'" + key.replace("\\", "\\\\").replace("'", "''") + "'"


def sort_key(name: str) -> str:
    """What names are sorted by: letters by their sound, whatever the script; figures before, signs after them."""
    folded = fold(name)
    if folded.isascii() and folded[:1].isalnum():
        return f"{folded}\t{folded}"
    units = _units(folded[:40])
    spoken = " ".join(sounds[0] for _written, sounds in units)
    return f"{spoken}\t{folded}" if spoken else f"\U000fffff{folded}"


def sound_of(key: str, name: str) -> str:
    """The part of a sort key that says how the name sounds; empty where it has no sound."""
    sound = key.removesuffix(fold(name))
    return sound if sound.endswith("\t") else ""


# ------------------------------------------------------------------ who is whom
def beneath(merged_into: Mapping[int, int | None], member_id: int) -> set[int]:
    """The member and all that were merged into it, directly or through others."""
    found: set[int] = set()
    wanted = {member_id}
    while wanted:
        found |= wanted
        wanted = {key for key, above in merged_into.items() if above in wanted} - found
    return found


# ------------------------------------------------------------------ tags
LONGEST_TAG, MOST_TAGS = 40, 30


def tidy_tag(tag: str) -> str:
    """A tag as it is stored: no white space around or doubled within."""
    return " ".join(unicodedata.normalize("NFKC", tag).split())
