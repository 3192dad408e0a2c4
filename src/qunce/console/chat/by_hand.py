"""By hand: what a person carries over today, on the phone: copy, paste, "sent"; the next one moves up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.http import require_POST

from qunce.chat import actions
from qunce.chat.selectors import by_hand as reads
from qunce.chat.selectors.by_hand import Entry, Errands
from qunce.chat.types import (
    EVERYBODY,
    OURS,
    Content,
    Delete,
    DeliveryState,
    Media,
    Mention,
    Pin,
    Planable,
    SetNotice,
)
from qunce.console.chat import words
from qunce.console.chat.downloads import file_of
from qunce.console.context import StaffRequest
from qunce.kernel import clock
from qunce.kernel.errors import Conflict, Invalid, NotFound
from qunce.kernel.htmx import go, is_partial, page

REASONS = (
    gettext_noop("The group is gone."),
    gettext_noop("This account is not in the group any more."),
    gettext_noop("It does not fit into what is being said there."),
    gettext_noop("It was sent there already."),
)
"""Why something is left out; kept as it stands here, so that everybody reads it in their own language."""
LATER: Mapping[str, timedelta] = {"30m": timedelta(minutes=30), "2h": timedelta(hours=2)}
MORNING = 9
TOO_LATE = gettext_noop("It is too late to take it back there.")


# ---------------------------------------------------------------- how one entry looks
@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a message that is carried over by itself: a text to copy, a picture to keep, a file to save."""

    place: int
    text: str = ""
    media: Media | None = None

    @property
    def ours(self) -> bool:
        """Whether we have the bytes; other files only their platform can show."""
        return self.media is not None and self.media.ref.startswith(OURS)


def blocks_of(content: Content) -> list[Block]:
    """The content in the order in which it is sent; everything that is text and stands together is one text."""
    found: list[Block] = []
    for place, part in enumerate(content.parts):
        if isinstance(part, Media):
            found.append(Block(place, media=part))
            continue
        said = Content((part,)).plain
        if isinstance(part, Mention) and part.who == EVERYBODY:
            said = "@" + (part.name or _("everyone"))
        if found and found[-1].media is None:
            found[-1] = Block(found[-1].place, found[-1].text + said)
        else:
            found.append(Block(place, said))
    return found


def instruction(operation: Planable) -> tuple[str, str]:
    """What is to be done in the group, and the text that it takes; empty where the content says it in words."""
    match operation:
        case SetNotice(text=text):
            return _("Change the group's notice to this:"), text
        case Pin(on=on):
            return (_("Keep this message at the top:") if on else _("Keep this message at the top no longer:")), ""
        case Delete():
            return _("Remove this message of somebody else:"), ""
        case _:
            return _("Do this in the group:"), ""


@dataclass(frozen=True, slots=True)
class Card:
    """One entry as the page shows it. ``standing``: what can be done with it now."""

    entry: Entry
    blocks: list[Block]
    instruction: str
    standing: str
    said: str


def card_of(entry: Entry) -> Card:
    """An entry in its words."""
    asked, text = instruction(entry.operation) if entry.operation else ("", "")
    blocks = [Block(0, text)] if text else blocks_of(entry.content)
    if entry.recall:
        asked = _("Take this message back in the group:")
    return Card(entry, blocks, asked, _standing(entry), words.told(entry.delivery.reason))


def _standing(entry: Entry) -> str:
    delivery = entry.delivery
    if entry.recall:
        return "recall"
    if delivery.state == DeliveryState.CLAIMED:
        return "held" if entry.holder else "mine"
    if delivery.state == DeliveryState.PLANNED:
        return "put_off" if delivery.not_before > clock.now() else "open"
    return str(delivery.state)


# ---------------------------------------------------------------- the list
@dataclass(frozen=True, slots=True)
class List:
    """One account's list: the phone is changed to it once."""

    errands: Errands
    cards: list[Card]
    lately: list[Card]


def by_hand(request: StaffRequest) -> HttpResponse:
    """Everything that is to be carried over today, one account after the other."""
    chosen = request.GET.get("account", "")
    found = reads.errands(request.actor, day=_day(request), account_id=int(chosen) if chosen.isdecimal() else None)
    lists = [List(each, list(map(card_of, each.entries)), list(map(card_of, each.lately))) for each in found]
    context = {
        "lists": lists,
        "heading": _heading(found),
        "renewed": is_partial(request),
        "topics": " ".join(f"deliveries:{each.account.pk}" for each in found),
        "accounts": len(found),
        "reasons": REASONS,
        "chosen": chosen,
    }
    return page(request, "console/chat/by_hand.html", context, piece="console/chat/by_hand_list.html")


def _heading(found: Sequence[Errands]) -> str:
    due = sum(each.due for each in found)
    said = ngettext("%(count)d message to send by hand", "%(count)d messages to send by hand", due)
    return said % {"count": due} if due else _("Nothing to send by hand")


def _day(request: StaffRequest) -> tuple[datetime, datetime]:
    begin = clock.now().astimezone(request.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return begin, begin + timedelta(days=1)


# ---------------------------------------------------------------- what one does with an entry
def _take(request: StaffRequest, key: UUID) -> None:
    actions.take_in_hand(actor=request.actor, delivery_id=key)


def _sent(request: StaffRequest, key: UUID) -> None:
    actions.note_sent_by_hand(actor=request.actor, delivery_id=key)


def _skip(request: StaffRequest, key: UUID) -> None:
    reason = request.POST.get("other", "").strip() or request.POST.get("reason", "")
    actions.skip_by_hand(actor=request.actor, delivery_id=key, reason=reason)


def _later(request: StaffRequest, key: UUID) -> None:
    actions.put_off(actor=request.actor, delivery_id=key, until=_until(request))


def _undo(request: StaffRequest, key: UUID) -> None:
    actions.take_back_word(actor=request.actor, delivery_id=key)


def _proof(request: StaffRequest, key: UUID) -> None:
    given = request.FILES.get("proof")
    content = given.read() if given is not None else b""
    actions.add_proof(actor=request.actor, delivery_id=key, content=content)


def _recalled(request: StaffRequest, key: UUID) -> None:
    actions.settle_recall_by_hand(actor=request.actor, delivery_id=key)


def _not_recalled(request: StaffRequest, key: UUID) -> None:
    actions.settle_recall_by_hand(actor=request.actor, delivery_id=key, reason=TOO_LATE)


VERBS: Mapping[str, Callable[[StaffRequest, UUID], None]] = {
    "take": _take,
    "sent": _sent,
    "skip": _skip,
    "later": _later,
    "undo": _undo,
    "proof": _proof,
    "recalled": _recalled,
    "not-recalled": _not_recalled,
}


def _until(request: StaffRequest) -> datetime:
    """When to be reminded: in a while, tomorrow morning, or at a time of one's own."""
    chosen = request.POST.get("until", "")
    if chosen in LATER:
        return clock.now() + LATER[chosen]
    if chosen == "tomorrow":
        return _day(request)[1].replace(hour=MORNING)
    at = parse_datetime(request.POST.get("at", "")) if chosen == "at" else None
    if at is None:
        raise Invalid(_("Choose when to be reminded."), field="until")
    return timezone.make_aware(at, request.zone) if timezone.is_naive(at) else at


@require_POST
def act(request: StaffRequest, delivery_id: UUID, verb: str) -> HttpResponse:
    """Do one thing with one entry; answers with the entry as it is then, whatever came between."""
    if verb not in VERBS:
        raise NotFound
    problem = ""
    try:
        VERBS[verb](request, delivery_id)
    except (Conflict, Invalid) as error:
        problem = str(error)
    if not is_partial(request):
        if problem:
            messages.error(request, problem)
        return go(request, "console:by_hand")
    entry = reads.entry(request.actor, delivery_id)
    found = reads.errands(request.actor, day=_day(request))
    context = {
        "card": card_of(entry),
        "problem": problem,
        "copied": verb == "take" and not problem,
        "errands": next((each for each in found if each.account.pk == entry.account.pk), None),
        "heading": _heading(found),
        "reasons": REASONS,
    }
    return render(request, "console/chat/by_hand_answer.html", context)


def file(request: StaffRequest, delivery_id: UUID, place: int) -> HttpResponse:
    """A picture or file of a message that one carries over."""
    parts = Content.from_json(reads.delivery_to_carry(request.actor, delivery_id).content).parts
    part = parts[place] if place < len(parts) else None
    if not isinstance(part, Media):
        raise NotFound
    return file_of(part)


urlpatterns = [
    path("by-hand/", by_hand, name="by_hand"),
    path("by-hand/<uuid:delivery_id>/files/<int:place>/", file, name="by_hand_file"),
    path("by-hand/<uuid:delivery_id>/<slug:verb>/", act, name="by_hand_act"),
]
