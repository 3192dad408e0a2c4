"""What a draft of a write-up is made from."""

from dataclasses import dataclass

from qunce.content.types import PassageFile


@dataclass(frozen=True, slots=True)
class Utterance:
    """A message of a session. ``at``: seconds; ``reply_to``: the place of what the platform says it answers, or -1;
    ``mentions``: identities that it addresses.
    """

    key: tuple[str, str]
    at: float
    identity_id: int
    name: str
    text: str
    files: tuple[PassageFile, ...] = ()
    reply_to: int = -1
    mentions: tuple[int, ...] = ()
