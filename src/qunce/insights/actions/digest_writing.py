"""Threads put into words by a model, where a community lets its texts go there; else they stay quoted."""

from dataclasses import replace

from qunce.chat.selectors import messages
from qunce.content import actions as content
from qunce.content import selectors as endpoints
from qunce.content.types import UnwrittenError
from qunce.insights.policies.digests import written as policy
from qunce.insights.policies.marking import gettext_noop
from qunce.insights.types import DigestDocument, DigestLine, LineKind, Writer
from qunce.kernel import clock

MOST_LINES, AT_ONCE = 24, 8
UNREADABLE = gettext_noop("The endpoint's answer was not what was asked for.")


def written(document: DigestDocument, community_id: int) -> DigestDocument:
    """The document with its first threads in words that hold, and what was dropped. Outside of transactions."""
    if not endpoints.may_leave(community_id):
        return document
    lines = list(document.lines)
    places = [place for place, line in enumerate(lines) if line.kind is LineKind.THREAD][:MOST_LINES]
    dropped, trouble = list(document.dropped), ""
    for first in range(0, len(places), AT_ONCE):
        some = places[first : first + AT_ONCE]
        asked, sources = _asked([lines[place] for place in some])
        try:
            answer = content.ask(community_id=community_id, messages=asked.messages())
            said, refused = policy.read(answer, asked)
        except UnwrittenError as error:
            trouble = error.reason
            break
        except policy.UnreadableError:
            trouble = UNREADABLE
            continue
        dropped += refused
        for each in said:
            place = some[each.line]
            lines[place] = _worded(lines[place], each, sources[each.line])
    return replace(document, lines=lines, dropped=dropped, trouble=trouble)


def _asked(lines: list[DigestLine]) -> tuple[policy.Asked, list[list[int]]]:
    """What is asked for lines, and which of each line's keys its messages are: those that are still there."""
    found = messages.by_keys({key for line in lines for key in line.keys})
    there = {
        (each.message.group_id, each.message.sent_at, each.message.id): each
        for each in messages.lines([row for row in found.values() if row.deleted_at is None])
    }
    places = [[n for n, key in enumerate(line.keys) if key in there] for line in lines]
    given = [
        [(there[line.keys[n]].who.name, there[line.keys[n]].message.text) for n in kept]
        for line, kept in zip(lines, places, strict=True)
    ]
    return policy.asked(given), places


def _worded(line: DigestLine, said: policy.Said, places: list[int]) -> DigestLine:
    cited = [places[n] for n in said.places]
    rest = [n for n in range(len(line.keys)) if n not in cited]
    return replace(
        line,
        keys=[line.keys[n] for n in (*cited, *rest)],
        quoted=len(cited),
        said=said.text,
        said_at=clock.now().timestamp(),
        writer=Writer.MODEL,
    )
