"""Deliveries: what did not arrive, why, and the history of each."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from qunce.chat import actions, selectors
from qunce.chat.selectors import by_hand
from qunce.chat.types import DeliveryState, Media
from qunce.console.chat import words
from qunce.console.chat.broadcasts import result_of
from qunce.console.chat.downloads import picture_of
from qunce.console.context import StaffRequest
from qunce.console.live import topic
from qunce.kernel import paging
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, NotFound
from qunce.kernel.htmx import go, page

TABS = {
    "": (DeliveryState.FAILED, DeliveryState.UNKNOWN),
    "failed": (DeliveryState.FAILED,),
    "unknown": (DeliveryState.UNKNOWN,),
    "waiting": (DeliveryState.HELD, DeliveryState.PLANNED, DeliveryState.CLAIMED),
    "all": tuple(DeliveryState),
}
VERDICTS = frozenset({"arrived", "again", "failed"})


@topic("deliveries")
def may_follow(actor: Actor, key: str) -> bool:
    """Whoever sees anything may know that something has changed; of one account, whoever carries for it by hand."""
    if key:
        return key.isdecimal() and by_hand.may_carry(actor, int(key))
    return actor.may_anywhere(Permission.VIEW)


def deliveries(request: StaffRequest) -> HttpResponse:
    """What failed and what nobody knows, over all groups; other states behind tabs."""
    tab = request.GET.get("state", "")
    tab = tab if tab in TABS else ""
    account, text = request.GET.get("account", ""), request.GET.get("q", "").strip()
    account_id = int(account) if account.isdecimal() else None
    found = selectors.find_deliveries(request.actor, states=TABS[tab], account_id=account_id, text=text)
    shown = paging.by_key(found, cursor=request.GET.get("cursor", ""))
    trouble = selectors.find_deliveries(request.actor, states=TABS[""]).count()
    context = {
        "page": shown,
        "results": [result_of(view) for view in selectors.named(shown)],
        "tab": tab,
        "tabs": [
            ("", _("In trouble")),
            ("failed", _("Failed")),
            ("unknown", _("Unknown")),
            ("waiting", _("Waiting")),
            ("all", _("All")),
        ],
        "text": text,
        "account": account_id,
        "filtered": bool(text or account_id),
        "heading": (
            ngettext("%(n)d message did not arrive for sure", "%(n)d messages did not arrive for sure", trouble)
            % {"n": trouble}
            if trouble
            else _("Everything that was sent arrived")
        ),
    }
    return page(request, "console/chat/deliveries.html", context, piece="console/chat/deliveries_rows.html")


def delivery(request: StaffRequest, delivery_id: UUID) -> HttpResponse:
    """One message to one group: what became of it, step by step."""
    view, steps = selectors.delivery(request.actor, delivery_id)
    operated = selectors.visible_deliveries(request.actor, Permission.OPERATE).filter(pk=delivery_id).exists()
    context = {
        "result": result_of(view),
        "view": view,
        "delivery": view.delivery,
        "steps": [(step, *words.DELIVERIES[step.state], words.told(step.detail)) for step in steps],
        "may_settle": operated and view.delivery.state == DeliveryState.UNKNOWN,
        "may_retry": operated and view.delivery.state == DeliveryState.FAILED,
        "attachments": [part for part in view.content.parts if isinstance(part, Media)],
        "carrying": by_hand.carrying_of(view.delivery),
    }
    return render(request, "console/chat/delivery.html", context)


@require_POST
def settle(request: StaffRequest, delivery_id: UUID) -> HttpResponse:
    """A person has looked: it is there, it is not and goes out again, or it is left."""
    verdict = request.POST.get("verdict", "")
    if verdict in VERDICTS:
        try:
            actions.settle_unknown(actor=request.actor, delivery_id=delivery_id, verdict=verdict)
        except Conflict as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Noted."))
    return go(request, "console:delivery", delivery_id)


@require_POST
def retry(request: StaffRequest, delivery_id: UUID) -> HttpResponse:
    """It has failed: once more."""
    try:
        actions.retry_delivery(actor=request.actor, delivery_id=delivery_id)
    except Conflict as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It is tried again."))
    return go(request, "console:delivery", delivery_id)


def proof(request: StaffRequest, delivery_id: UUID) -> HttpResponse:
    """The picture that shows the message in its group."""
    view, _steps = selectors.delivery(request.actor, delivery_id)
    carrying = by_hand.carrying_of(view.delivery)
    if carrying is None or not carrying.proof:
        raise NotFound
    return picture_of(carrying.proof, carrying.proof_type)


urlpatterns = [
    path("deliveries/", deliveries, name="deliveries"),
    path("deliveries/<uuid:delivery_id>/", delivery, name="delivery"),
    path("deliveries/<uuid:delivery_id>/settle/", settle, name="delivery_settle"),
    path("deliveries/<uuid:delivery_id>/retry/", retry, name="delivery_retry"),
    path("deliveries/<uuid:delivery_id>/proof/", proof, name="delivery_proof"),
]
