"""What a refusal of a OneBot 11 implementation means to us.

An answer is ``{"status", "retcode", "data", "message", "wording", "echo"}``. The standard's codes are few, and most
implementations put everything that QQ itself objects to under one of their own, with the reason in words:

    retcode        whose                      what it says                        becomes
    0              all                        done                                the data
    1              standard (async)           taken down, result never told       Ambiguous for messages, else done
    1400           standard                   parameters that are not understood  Permanent
    1401, 1403     standard                   another access token is wanted      NeedsOperator
    1404           standard                   no such action                      Unsupported (Permanent)
    100            CQHTTP, go-cqhttp          parameters, or whatever failed      by its words
    102, 103       CQHTTP, go-cqhttp          no such thing, or no right to it    by its words
    104            CQHTTP, go-cqhttp          QQ's web pages ask for a sign-in    Retry
    201            CQHTTP                     not ready yet                       Retry
    200, 1200      NapCat, LLOneBot           the action failed                   by its words
    any other                                                                     by its words

By their words, in this order: a time-out inside the implementation is Ambiguous (NapCat says so of messages that have
arrived); risk control (风控) and "too often" is Retry after a long pause, for insisting makes it worse; being signed
out is NeedsOperator; being muted (QQ's result 120), no longer in the group (110), no administrator, and content that
QQ does not take are Permanent with a sentence of ours. Everything else is Permanent with their own words.
"""

import re
from collections.abc import Callable
from typing import Any

from qunce.chat.connector import Ambiguous, NeedsOperator, Permanent, Retry, WireError, gettext_noop

RISK_PAUSE = 900.0
"""Seconds that an account rests after QQ's risk control has refused something."""
_SOON = 60.0
_LONGEST_WORDS = 200

TOKEN_REFUSED = gettext_noop("The OneBot implementation does not accept this access token.")
_UNKNOWN = gettext_noop("The OneBot implementation cannot do this.")
_NOT_READY = gettext_noop("The OneBot implementation is not ready yet.")
_INSIDE = gettext_noop("QQ did not confirm in time: it may have arrived.")
_NEVER_TOLD = gettext_noop("The OneBot implementation took it without saying what became of it.")
_RISK = gettext_noop("QQ's risk control refuses this account for the moment; it rests for a while.")
_MUTED = gettext_noop("This account is muted in this group, or everybody is.")
_NOT_THERE = gettext_noop("This account is not in this group any more.")
_NO_ADMIN = gettext_noop("Only administrators of the group may do that; this account is none.")
_CONTENT = gettext_noop("QQ did not take this content.")
_REFUSED = gettext_noop("The OneBot implementation refused it without a reason.")
SIGNED_OUT = gettext_noop("QQ has signed this account out: sign in anew in the OneBot implementation.")


class Unsupported(Permanent):
    """The implementation does not know this action."""


def _words(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern, re.IGNORECASE).search


_BY_WORDS: tuple[tuple[Callable[[str], object], Callable[[], WireError]], ...] = (
    (_words(r"\btimeout\b|timed? ?out|超时"), lambda: Ambiguous(_INSIDE)),
    (_words(r"风控|风险|频繁|频率|too (?:fast|often|many)|rate.?limit"), lambda: Retry(RISK_PAUSE, _RISK)),
    (_words(r"未登录|登录.{0,6}失效|离线|下线|not log(?:ged|in)|offline|kicked"), lambda: NeedsOperator(SIGNED_OUT)),
    (_words(r"禁言|\bmuted\b|\bresult\W{1,4}120\b"), lambda: Permanent(_MUTED)),
    (_words(r"移出|不在.{0,4}群|\bresult\W{1,4}110\b"), lambda: Permanent(_NOT_THERE)),
    (_words(r"权限|管理员|群主|permission|not.{0,10}admin"), lambda: Permanent(_NO_ADMIN)),
    (_words(r"消息体无法|无法被发送|rich media"), lambda: Permanent(_CONTENT)),
)
_QQ_SAYS = re.compile(r'"errMsg"\s*:\s*"([^"\n]+)"')


def data_of(answer: dict[str, Any], *, message: bool) -> Any:
    """What an action gave, else raises what its refusal is. ``message``: it was to send one."""
    status, code = answer.get("status"), answer.get("retcode")
    if status == "async" or code == 1:
        if message:
            raise Ambiguous(_NEVER_TOLD)
        return None
    if status == "ok" or code == 0:
        return answer.get("data")
    raise _refusal(code, _said(answer))


def _refusal(code: object, words: str) -> WireError:
    match code:
        case 1401 | 1403:
            return NeedsOperator(TOKEN_REFUSED)
        case 1404:
            return Unsupported(_UNKNOWN)
        case 104 | 201:
            return Retry(_SOON, words or _NOT_READY)
    for fits, error in _BY_WORDS:
        if fits(words):
            return error()
    quoted = _QQ_SAYS.search(words)
    return Permanent((quoted[1] if quoted else words.partition("\n")[0])[:_LONGEST_WORDS] or _REFUSED)


def _said(answer: dict[str, Any]) -> str:
    """The reason in the implementation's words; each writes it into another field."""
    said = (answer.get(key) for key in ("wording", "message", "msg"))
    return "\n".join(dict.fromkeys(words.strip() for words in said if isinstance(words, str) and words.strip()))
