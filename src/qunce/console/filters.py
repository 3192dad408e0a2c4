"""The filter above a list: what an address asks for, and the choices that are offered. One way for all lists."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from qunce.chat.selectors import title_of
from qunce.community import selectors as community
from qunce.community.types import GroupFilter
from qunce.kernel.actor import Actor

MOST_GROUPS = 200
E = TypeVar("E", bound=StrEnum)
Options = Iterable[tuple[object, object]]


def number(text: str) -> int | None:
    """An id as an address or form gives it; None where it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < len(str(2**63)) else None


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks of a list; what makes no sense there does not restrict."""

    query: QueryDict

    def text(self, name: str) -> str:
        """Words, without stray spaces."""
        return str(self.query.get(name, "")).strip()

    def number(self, name: str) -> int | None:
        """An id."""
        return number(self.text(name))

    def one_of(self, kind: type[E], name: str, default: E) -> E:
        """One of the words of a kind."""
        given = self.text(name)
        return kind(given) if given in set(kind) else default

    def day(self, name: str) -> date | None:
        """A date."""
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            return None


@dataclass(frozen=True)
class Pick:
    """One choice of a filter. Its ``source``, values and words, is read where it is shown.

    ``least``: fewer than this are no choice, and not shown; ``every``: nothing need be chosen.
    """

    name: str
    label: str | Promise
    source: Callable[[], Options]
    chosen: object = ""
    least: int = 1
    every: bool = True

    @cached_property
    def options(self) -> list[tuple[str, object, bool]]:
        """What can be chosen: value, words, and whether it is."""
        here = "" if self.chosen is None else str(self.chosen)
        return [(str(value), words, str(value) == here) for value, words in self.source()]

    @property
    def offered(self) -> bool:
        """Whether there is something to choose from."""
        return len(self.options) >= self.least


def by_community(actor: Actor, chosen: int | None) -> Pick:
    """One of the communities that the actor sees."""
    found = community.visible_communities(actor)
    return Pick("community", _("Community"), lambda: found.values_list("pk", "name"), chosen, least=2)


def by_group(actor: Actor, chosen: int | None, within: GroupFilter) -> Pick:
    """One of the groups within what else is chosen; the chosen one among them, however many there are."""

    def read() -> Options:
        groups = list(community.find_groups(actor, within)[:MOST_GROUPS])
        if chosen is not None and all(group.pk != chosen for group in groups):
            groups = [*community.groups_in_order(actor, [chosen]), *groups]
        return [(group.pk, group.name or group.external_id) for group in groups]

    return Pick("group", _("Group"), read, chosen)


def by_tag(tags: Iterable[str], chosen: str) -> Pick:
    """One of these tags."""
    return Pick("tag", _("Tag"), lambda: [(tag, tag) for tag in tags], chosen)


def by_platform(actor: Actor, chosen: str) -> Pick:
    """One of the platforms that there are groups on."""

    def read() -> Options:
        return [(key, title_of(key)) for key in community.platforms(actor)]

    return Pick("platform", _("Platform"), read, chosen, least=2)


def by_order(orders: Iterable[tuple[StrEnum, str | Promise]], chosen: StrEnum) -> Pick:
    """What comes first."""
    return Pick("order", _("Order"), lambda: [(order.value, label) for order, label in orders], chosen, every=False)
