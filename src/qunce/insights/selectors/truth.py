"""The dictionary of figures of a history, by the names that they are published and compared under.

Every sender as written is one person, bots too; nothing is merged, left out or inferred. Each definition is beside
the function that computes it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from qunce.chat.selectors import columns as said
from qunce.chat.selectors.columns import Columns
from qunce.chat.types import EVERYBODY
from qunce.insights.policies import graphs
from qunce.insights.policies import statistics as stats
from qunce.insights.policies.counting import median
from qunce.insights.policies.naming import as_written, exact
from qunce.insights.policies.zones import DAY, local_seconds, month_name, months
from qunce.insights.selectors.facts import zone_of
from qunce.members.selectors import columns as members

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = 6
_END = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Said:
    """The messages of one or more groups in order, by raw sender."""

    at: NDArray[np.float64]
    local: NDArray[np.float64]
    person: NDArray[np.int32]
    names: list[str]
    edges: list[tuple[int, int]]
    rule: str


def truth(group_ids: int | Collection[int], zone: ZoneInfo | None = None) -> dict[str, Any]:
    """The figures of what was said in one group, or in several together, in a zone. No guard: not for pages."""
    groups = [group_ids] if isinstance(group_ids, int) else sorted(group_ids)
    zone = zone or zone_of(groups[0])
    found = _gathered(groups, zone)
    turns = np.array([said.turn_counts(group_id) for group_id in groups]).sum(axis=0).tolist()
    figures = {**_volume(found, zone), **dict(zip(("joins", "leaves"), turns, strict=True))}
    if not any(turns):  # a format that does not know them says nothing about them
        del figures["joins"], figures["leaves"]
    if found.at.size:
        figures |= {**_people(found), **_rhythm(found), **_staying(found), **_replies(found)}
    return figures


# ------------------------------------------------------------------ gathering
def _gathered(groups: Iterable[int], zone: ZoneInfo) -> _Said:
    """All groups' messages in one order, with who answers whom."""
    parts = [said.columns(group_id, _BEGINNING, _END) for group_id in groups]
    identities = np.unique(np.concatenate([each.identity for each in parts]))
    speakers = members.speakers(identities.tolist())
    known = [speakers[identity] for identity in identities.tolist()]
    written = [as_written(each.external_id, each.name) for each in known]
    places = {name: place for place, name in enumerate(written)}
    places |= {each.external_id: place for place, each in enumerate(known)}
    names = {each.name: place for place, each in enumerate(known)}
    rule = _rule(parts)
    at = np.concatenate([each.at for each in parts])
    people = [np.searchsorted(identities, each.identity) for each in parts]
    person = np.concatenate(people).astype(np.int32)
    edges = [edge for each, who in zip(parts, people, strict=True) for edge in _edges(each, who, rule, places, names)]
    order = np.argsort(at, kind="stable")
    return _Said(at[order], local_seconds(at[order], zone), person[order], written, edges, rule)


_REPLIES, _MENTIONS, _NAMES = "explicit replies", "mentions", "the name at the beginning of the text"


def _rule(parts: Iterable[Columns]) -> str:
    """Replies where the format has them, else mentions where it has those, else names in plain text."""
    parts = list(parts)
    if any((each.answers >= 0).any() for each in parts):
        return _REPLIES
    return _MENTIONS if any(each.mentions for each in parts) else _NAMES


def _edges(
    found: Columns, person: NDArray[np.int64], rule: str, places: dict[str, int], names: Mapping[str, int]
) -> Iterable[tuple[int, int]]:
    """Each reply as (replier, replied to); replies to oneself are none."""
    who = person.tolist()
    places_taken = max(places.values(), default=0)
    if rule == _REPLIES:
        pairs = [(who[index], who[parent]) for index, parent in enumerate(found.answers.tolist()) if parent >= 0]
    elif rule == _MENTIONS:
        pairs = [  # whoever never spoke has a place of his own behind the others
            (who[index], places.setdefault(each, places_taken + len(places)))
            for index, mentioned in found.mentions.items()
            for each in dict.fromkeys(mentioned)
            if each != EVERYBODY
        ]
    else:
        replied = exact(names)
        pairs = [(who[index], other) for index, text in enumerate(found.texts) if (other := replied(text)) >= 0]
    return [(one, other) for one, other in pairs if one != other]


# ------------------------------------------------------------------ figures
def _volume(found: _Said, zone: ZoneInfo) -> dict[str, Any]:
    days = np.floor_divide(found.local, DAY).astype(np.int64)
    counts = np.bincount(found.person, minlength=len(found.names))
    return {
        "messages": int(found.at.size),
        "distinct_senders": int((counts > 0).sum()),
        "first": _written(found.at[0], zone) if found.at.size else None,
        "last": _written(found.at[-1], zone) if found.at.size else None,
        "active_days": int(np.unique(days).size),
        "senders_once": int((counts == 1).sum()),
        "timezone": str(zone),
    }


def _written(moment: float, zone: ZoneInfo) -> str:
    at = _BEGINNING + timedelta(microseconds=round(moment * 1e6))
    return at.astimezone(zone).replace(tzinfo=None).isoformat()


def _people(found: _Said) -> dict[str, Any]:
    counts = np.bincount(found.person, minlength=len(found.names))
    busiest = np.argsort(-counts, kind="stable")[:5].tolist()
    return {
        "top5_share": _rounded(stats.share_of_busiest(counts, 5)),
        "top5": [[found.names[person], int(counts[person])] for person in busiest],
        "gini_messages_per_sender": _rounded(stats.gini(counts)),
        "contributor_absence_factor_50pct": stats.absence_factor(counts),
        "top1pct_share": _rounded(stats.share_of_top(counts, 0.01)),
        "top10pct_share": _rounded(stats.share_of_top(counts, 0.1)),
    }


def _rhythm(found: _Said) -> dict[str, Any]:
    cells = stats.week(found.local)
    gaps = np.diff(found.at)
    other = stats.seconds_to_next_other(found.at, found.person)
    return {
        "burstiness_B_gaps": _rounded(stats.burstiness(found.at)),
        "median_gap_s": _rounded(median(gaps)),
        "median_s_to_next_msg_by_other_sender": _rounded(median(other)),
        "weekday_counts_Mon0": _counted(enumerate(cells.sum(axis=1).tolist())),
        "hour_counts": _counted(enumerate(cells.sum(axis=0).tolist())),
    }


def _staying(found: _Said) -> dict[str, Any]:
    days = np.floor_divide(found.local, DAY).astype(np.int64)
    daily = np.unique(np.stack([days, found.person.astype(np.int64)]), axis=1)
    month, person = stats.active_months(days, found.person.astype(np.int64))
    first, last = stats.lives(found.at, found.person, len(found.names))
    born = np.full(len(found.names), np.iinfo(np.int64).max)
    np.minimum.at(born, person, month)
    lasting = stats.survival(first, last, float(found.at[-1]))
    eligible, back = stats.next_month(month, person, born)
    active = dict(zip(*_columns(month), strict=True))
    daily_by_month = dict(zip(*_columns(months(daily[0])), strict=True))
    return {
        "mean_DAU_over_active_days": round(daily.shape[1] / np.unique(days).size, 4),
        "messages_per_month": _by_month(months(days)),
        "active_senders_per_month": _by_month(month),
        "new_senders_per_month": _by_month(born),
        "stickiness_DAU_MAU_by_month": {
            month_name(each): _rounded(daily_by_month[each] / stats.days_in(each) / active[each]) for each in active
        },
        "month1_retention_pooled": {
            "new_senders_eligible": eligible,
            "active_in_next_calendar_month": back,
            "rate": _rounded(back / eligible) if eligible else None,
        },
        "km_churn_gap_days": stats.SILENT,
        "km_S_at_days": {str(days): _rounded(lasting.at(days)) for days in stats.SURVIVAL_DAYS},
        "km_median_days": _rounded(lasting.median),
        "km_events": lasting.events,
    }


def _replies(found: _Said) -> dict[str, Any]:
    pairs = np.array(found.edges, np.int32).reshape(-1, 2)
    edges = graphs.edges(pairs[:, 0], pairs[:, 1])
    graph = graphs.undirected(edges)
    circles = graphs.communities(graph)
    return {
        "reply_edges_rule": found.rule,
        "reply_events": len(found.edges),
        "reply_edges_distinct": len(edges),
        "reply_nodes": graph.number_of_nodes(),
        "reciprocity_unweighted_nx": _rounded(graphs.reciprocity(edges)),
        "modularity_greedy_nx": _rounded(graphs.modularity(graph, circles)),
        "greedy_communities": len(circles),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _columns(values: NDArray[np.int64]) -> tuple[list[int], list[int]]:
    found, counts = np.unique(values, return_counts=True)
    return found.tolist(), counts.tolist()


def _by_month(values: NDArray[np.int64]) -> dict[str, int]:
    return {month_name(month): count for month, count in zip(*_columns(values), strict=True)}


def _counted(values: Iterable[tuple[int, int]]) -> dict[str, int]:
    return {str(key): count for key, count in values if count}
