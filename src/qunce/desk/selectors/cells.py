"""The cells of a table of rules: how columns, places, days and hours are written in it, in Chinese or English."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from functools import cached_property

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qunce.community import selectors as communities
from qunce.content import selectors as content
from qunce.desk.models import KeywordRule
from qunce.desk.selectors.drafts import draft_of
from qunce.desk.types import WEEK, Hours, Match
from qunce.kernel.actor import Actor
from qunce.kernel.errors import Invalid
from qunce.kernel.words import listed

COLUMNS = {
    "id": ("编号", "id"),
    "keywords": ("关键词", "keywords"),
    "match": ("匹配", "match"),
    "answer": ("回复", "answer"),
    "community": ("社群", "community"),
    "tag": ("标签", "tag"),
    "group": ("群", "group"),
    "cooldown": ("静默秒数", "silent seconds"),
    "days": ("星期", "days"),
    "hours": ("时段", "hours"),
    "away": ("时段外回复", "answer outside hours"),
    "on": ("启用", "on"),
    "files": ("文件", "files"),
    "item": ("内容", "item"),
    "changed": ("修改时间", "changed"),
}
"""Each column's Chinese and English heading. Further answers are headed like the first, with a number from 2."""
_MATCHES = {
    Match.EXACT: ("整句", "exact"),
    Match.ALL: ("全部", "all"),
    Match.CONTAINS: ("包含", "contains"),
    Match.PATTERN: ("正则", "pattern"),
}
_YES, _NO = ("是", "yes", "on", "true", "1", "开"), ("否", "no", "off", "false", "0", "关")
_DAYS = (
    ("一", "二", "三", "四", "五", "六", "日"),
    ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
    ("1", "2", "3", "4", "5", "6", "7"),
)
_HOURS = re.compile(r"(\d{1,2})[:：](\d{2})\s*[-–—~～至到]\s*(\d{1,2})[:：](\d{2})")
_FURTHER = re.compile(r"(?:回复|answer)\s*(\d+)")
_RUNS = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_LONGEST_NUMBER = 9
_MUCH = 40  # of a cell, in a sentence about it


# ------------------------------------------------------------------ writing
def header(answers: int) -> list[str]:
    """The headings in the reader's language, with room for that many answers."""
    place = _language()
    names = [each[place] for each in COLUMNS.values()]
    at = list(COLUMNS).index("answer") + 1
    return [*names[:at], *(_further(number) for number in range(2, answers + 1)), *names[at:]]


def cells_of(rule: KeywordRule, names: "Names", answers: int) -> list[str]:
    """One rule as a line, with room for that many answers."""
    place, draft = _language(), draft_of(rule)
    hours = draft.hours
    variants = [*draft.variants, *[""] * (answers - 1 - len(draft.variants))]
    return [
        str(rule.pk),
        "\n".join(draft.keywords),
        _MATCHES[draft.match][place],
        draft.answer,
        *variants,
        names.of_community(draft.community_id),
        draft.tag,
        names.of_group(draft.group_id),
        str(draft.cooldown_seconds),
        " ".join(_DAYS[place][day].capitalize() for day in hours.days) if hours else "",
        f"{hours.opens:%H:%M}-{hours.closes:%H:%M}" if hours else "",
        draft.away,
        (_YES if rule.enabled else _NO)[place],
        "\n".join(file.name for file in draft.files),
        names.of_item(draft.item_id),
        rule.changed_at.isoformat(),
    ]


def _language() -> int:
    return 0 if (get_language() or "").startswith("zh") else 1


def _further(number: int) -> str:
    return f"{COLUMNS['answer'][_language()]} {number}"


def harmless(cell: str) -> str:
    """A cell that no spreadsheet runs as a formula."""
    return f"'{cell}" if _RUNS.match(cell) else cell


def as_meant(cell: str) -> str:
    """What `harmless` was given."""
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell) else cell


class Names:
    """Communities and groups as a table names them: by name where that is plain, else by number."""

    def __init__(self, actor: Actor) -> None:
        self._communities = list(communities.visible_communities(actor).values_list("pk", "name"))
        self._groups = list(communities.visible_groups(actor).values_list("pk", "name"))
        self._actor = actor

    @cached_property
    def _community_names(self) -> dict[int, str]:
        return _plain(self._communities)

    @cached_property
    def _group_names(self) -> dict[int, str]:
        return _plain(self._groups)

    @cached_property
    def communities(self) -> dict[str, int]:
        """Communities by what they are called in a table."""
        return _called(self._communities)

    @cached_property
    def groups(self) -> dict[str, int]:
        """Groups by what they are called in a table."""
        return _called(self._groups)

    @cached_property
    def _items(self) -> list[tuple[int, str, int | None]]:
        return list(content.visible_items(self._actor).values_list("pk", "key", "community_id"))

    def of_item(self, key: int | None) -> str:
        """What a table calls an item of the library: its key, where that is plain."""
        if key is None:
            return ""
        often = Counter(name for _pk, name, _home in self._items)
        return next((name for pk, name, _home in self._items if pk == key and often[name] == 1), f"#{key}")

    def item_in(self, cell: str, community_id: int | None) -> int | None:
        """The item that a cell names: the community's own, else everybody's. Raises Invalid."""
        if not cell:
            return None
        named = {(name, home): pk for pk, name, home in self._items}
        numbers = {f"#{pk}": pk for pk, _name, _home in self._items}
        found = numbers.get(cell) or named.get((cell, community_id)) or named.get((cell, None))
        if found is None:
            raise Invalid(
                _("The library has no item “%(key)s” here.") % {"key": cell[:80]},
                fix=_("Write the name of its address, or its number as in #12."),
            )
        return found

    def of_community(self, key: int | None) -> str:
        """What a table calls a community; one that the reader may not see has a number only."""
        return "" if key is None else self._community_names.get(key, f"#{key}")

    def of_group(self, key: int | None) -> str:
        """What a table calls a group."""
        return "" if key is None else self._group_names.get(key, f"#{key}")


def _plain(named: Iterable[tuple[int, str]]) -> dict[int, str]:
    """Names that mean one thing only, as they survive a table."""
    named = list(named)
    often = Counter(name for _key, name in named)
    plain = {
        name for name, count in often.items() if count == 1 and name.strip() == name and not name.startswith("#")
    }
    return {key: name for key, name in named if name and name in plain}


def _called(named: Sequence[tuple[int, str]]) -> dict[str, int]:
    return {**{name: key for key, name in _plain(named).items()}, **{f"#{key}": key for key, _name in named}}


# ------------------------------------------------------------------ reading
def column_of(heading: str) -> str:
    """Which column a heading means; empty for none."""
    said = heading.strip().lower()
    if further := _FURTHER.fullmatch(said):
        return f"answer {further[1]}"
    return next((key for key, names in COLUMNS.items() if said in {key, *names}), "")


def match_in(cell: str) -> Match:
    """How keywords are compared; an empty cell: contains."""
    said = cell.lower()
    if not said:
        return Match.CONTAINS
    for match, names in _MATCHES.items():
        if said in {match.value, *names}:
            return match
    known = [names[_language()] for names in _MATCHES.values()]
    raise Invalid(
        _("“%(cell)s” is no way to match.") % {"cell": cell[:_MUCH]},
        fix=_("Write one of: %(known)s.") % {"known": listed(known)},
    )


def named_in(known: Mapping[str, int], cell: str) -> int | None:
    """The id of what a cell names."""
    if not cell:
        return None
    if cell not in known:
        raise Invalid(
            _("“%(name)s” is not known, or is the name of several.") % {"name": cell[:80]},
            fix=_("Write the name as Qunce shows it, or its number as in #12."),
        )
    return known[cell]


def seconds_in(cell: str) -> int:
    """A number of seconds; an empty cell: none."""
    number = cell.removesuffix(".0")
    if number and not (number.isdecimal() and len(number) <= _LONGEST_NUMBER):
        raise Invalid(_("“%(cell)s” is no number of seconds.") % {"cell": cell[:_MUCH]}, fix=_("Write 0 for none."))
    return int(number or 0)


def yes_in(cell: str, default: bool) -> bool:  # noqa: FBT001 (what an empty cell means)
    """Yes or no; an empty cell means the default."""
    said = cell.lower()
    if said and said not in {*_YES, *_NO}:
        raise Invalid(_("“%(cell)s” is neither yes nor no.") % {"cell": cell[:_MUCH]}, fix=_("Write yes or no."))
    return said in _YES if said else default


def hours_in(days: str, hours: str) -> Hours | None:
    """From “Mon Tue” and “09:00-18:00”; one of them alone means every day, or the whole day."""
    if not days and not hours:
        return None
    return Hours(_weekdays(days) if days else WEEK, *(_window(hours) if hours else (time(), time())))


def _weekdays(cell: str) -> tuple[int, ...]:
    said = [each for each in re.split(r"[\s,，、;；/|]+", cell.lower()) if each]
    found = []
    for each in said:
        day = each.removeprefix("周").removeprefix("星期")
        match = next((names.index(day[:3]) for names in _DAYS if day[:3] in names), 6 if day in {"天", "0"} else None)
        if match is None:
            raise Invalid(
                _("“%(cell)s” is no day of the week.") % {"cell": each[:_MUCH]},
                fix=_("Write them as in: Mon Tue Wed."),
            )
        found.append(match)
    return tuple(sorted(set(found)))


def _window(cell: str) -> tuple[time, time]:
    found = _HOURS.fullmatch(cell)
    try:
        if found:
            hours = [int(each) for each in found.groups()]
            return time(hours[0] % 24, hours[1]), time(hours[2] % 24, hours[3])
    except ValueError:
        pass
    raise Invalid(_("“%(cell)s” are no hours.") % {"cell": cell[:_MUCH]}, fix=_("Write them as in 09:00-18:00."))
