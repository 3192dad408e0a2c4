"""By which words a session begins and ends, and what an author answers, found at the beginning of a message. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qunce.content.types.sessions import ANSWERS, LONGEST_TOPIC, ConsentState, Words
from qunce.kernel.folding import normalise

_TITLE = re.compile(r"《([^》]{1,120})》|“([^”]{1,120})”|「([^」]{1,120})」|\"([^\"]{1,120})\"")
_MENTION = re.compile(r"@\S+")
_AROUND = ' \t\r\n:：,，。.!！~～-—·《》“”"「」'
LONGEST_CALL = 300
_NEAR = 12


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message may be: a beginning, an end, or an answer."""

    begins: bool = False
    ends: bool = False
    consent: ConsentState | None = None


class Hearing:
    """The words of all communities, as texts are compared."""

    def __init__(self, practices: Sequence[Words]) -> None:
        self._begins = tuple({normalise(word) for each in practices for word in each.begins})
        self._ends = tuple({normalise(word) for each in practices for word in each.ends})
        self._answers = {normalise(word): state for word, state in ANSWERS.items()}

    def of(self, said: str) -> Heard | None:
        """What a message (as texts are compared) may be; None: nothing of it."""
        answer = self._answers.get(said.strip(_AROUND)) if len(said) <= _NEAR else None
        if answer is None and len(said) > _NEAR and said.startswith("@"):
            answer = self._answers.get(_MENTION.sub("", said).strip(_AROUND))
        if answer is not None:
            return Heard(consent=answer)
        if len(said) > LONGEST_CALL:
            return None
        begins, ends = said.startswith(self._begins), said.startswith(self._ends)
        return Heard(begins, ends) if begins or ends else None


def topic_of(text: str, begins: Sequence[str]) -> str:
    """The topic in a message that begins a session: in its quotation marks, else what follows; empty: it is none."""
    word = next((each for each in begins if normalise(text).startswith(normalise(each))), None)
    if word is None:
        return ""
    if quoted := _TITLE.search(text):
        return str(next(filter(None, quoted.groups()))).strip()
    rest = text.strip()[len(word) :]
    return " ".join(_MENTION.sub("", rest).strip(_AROUND).split("\n")[0].split())[:LONGEST_TOPIC]


def is_end(text: str, ends: Sequence[str]) -> bool:
    """Whether a message ends a session: it says little besides the words."""
    said = normalise(text)
    return any(said.startswith(normalise(each)) and len(said) <= len(normalise(each)) + _NEAR * 3 for each in ends)
