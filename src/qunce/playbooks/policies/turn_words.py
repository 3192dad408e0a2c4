"""What somebody who is asked for their turn may say to it: that they take it, or that they cannot. Pure."""

import re

from qunce.kernel.folding import normalise

LONGEST = 40
"""Whoever writes more than this speaks of something else."""
_LETS_GO = re.compile(
    r"换|替我|替一下|顶一下|没空|沒空|没时间|没有时间|不行|不方便|不能|不可以|不在|不了|不接|不来|不想"
    r"|请假|有事|在忙|太忙|改天|抱歉|对不起"
    r"|\b(?:can'?t|cannot|can not|couldn'?t|won'?t|unable"
    r"|swap|busy|not today|no|nope|sorry|pass|(?:somebody|someone) else)\b"
)
_TAKES = re.compile(
    r"(?:好的?|行|接|我接|接了|我来|来了|可以|没问题|没问题的|收到|在|到|嗯+"
    r"|ok(?:ay|啊|的)?|yes|yep|sure|i'?ll do it|got it|here)[!.。~,]*"
)


def taken(text: str) -> bool | None:
    """Whether they take it (True), let it go (False), or say neither."""
    said = normalise(text).replace("’", "'")
    if len(said) > LONGEST:
        return None
    if _LETS_GO.search(said):
        return False
    return True if _TAKES.fullmatch(said) else None
