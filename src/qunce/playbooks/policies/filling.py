"""What texts of playbooks may say: variables of the group, the member, the playbook, and earlier answers. Pure."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from qunce.chat.policies import VARIABLES
from qunce.chat.types import Mention, Part, Text
from qunce.kernel import variables
from qunce.kernel.variables import FillableText

MEMBER = "member"
MEMBER_ALIAS = "成员"
OF_A_QUESTION: Mapping[str, str] = {"answer": "回答", "answers": "全部回答", "names": "名单", "count": "人数"}
"""What of an earlier question may be said: the member's answer, all of them as lines, who answered, how many."""
THANKS, THANKS_ALIAS = "suggestions.thanks", "建议.致谢"
"""Whose suggestions were carried out this month, as lines."""
_OF_A_STEP = re.compile(r"\{\s*([a-z0-9][a-z0-9-]{0,39})\.(\w+)\s*\}")
_NAME = re.compile(r"\w[\w ·.-]{0,38}")


def known(own: Iterable[str] = (), questions: Iterable[str] = ()) -> dict[str, str]:
    """Every variable that a text may have, with the other name of each; ``questions``: ids of earlier questions."""
    names = {**VARIABLES, MEMBER: MEMBER_ALIAS, THANKS: THANKS_ALIAS, **{name: name for name in own}}
    return names | {
        f"{step}.{word}": f"{step}.{alias}" for step in questions for word, alias in OF_A_QUESTION.items()
    }


def questions_in(text: str) -> set[str]:
    """The ids of the questions whose answers a text says."""
    words = {*OF_A_QUESTION, *OF_A_QUESTION.values()}
    return {step for step, word in _OF_A_STEP.findall(text) if word in words}


def cut(text: str, own: Iterable[str] = ()) -> FillableText:
    """The text cut at its variables, whatever questions it speaks of. Raises BadTextError."""
    return _cut(text, tuple(own))


@lru_cache(maxsize=4096)
def _cut(text: str, own: tuple[str, ...]) -> FillableText:
    return variables.fillable(text, known(own, questions_in(text)))


def filled(text: FillableText, values: Mapping[str, str]) -> str:
    """The text filled in; lines that say nothing but what is empty are left out."""
    return text.worth_saying(values).fill(values)


def parts(text: FillableText, values: Mapping[str, str], member: Mention | None) -> list[Part]:
    """As `filled`; ``member``: stands as a mention where the text names the member, or before it."""
    whole, text = text, text.worth_saying(values)
    if text.pieces == ("",) != whole.pieces:
        return []
    if member is None:
        return [Text(said)] if (said := text.fill(values)) else []
    found: list[Part] = []
    said = ""
    for place, piece in enumerate(text.pieces):
        if place % 2 and piece == MEMBER:
            found += [Text(said)] if said else []
            found.append(member)
            said = ""
        else:
            said += values[piece] if place % 2 else piece
    if not any(isinstance(each, Mention) for each in found):
        return [member, Text(f" {said}")] if said else [member]
    return [*found, Text(said)] if said else found


def is_name(name: str) -> bool:
    """Whether a variable of a playbook may be called so."""
    return _NAME.fullmatch(name) is not None
