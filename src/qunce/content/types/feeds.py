"""Feeds and what is in them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LONGEST_ADDRESS = 1000
LONGEST_ENTRY_TITLE = 200
LONGEST_ENTRY_SUMMARY = 400


class FeedState(StrEnum):
    """Whether a feed is read: it is; a person wants it otherwise; it has failed for too long, or is gone."""

    READ = "read"
    PAUSED = "paused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """One entry as a feed has it, in plain text. ``published_at`` None: it says nothing that can be believed."""

    guid: str
    url: str
    title: str
    summary: str = ""
    author: str = ""
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """What a feed says of itself, and its entries, the latest first."""

    title: str
    site: str
    entries: tuple[FoundEntry, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed in a list of feeds (OPML)."""

    url: str
    title: str
