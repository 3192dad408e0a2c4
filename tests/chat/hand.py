"""An account that a person carries for, its group, and what is planned for it."""

from django.db import transaction

from qunce.chat import actions as chat
from qunce.chat.actions import GroupLine
from qunce.chat.models import Delivery, DeliveryStep
from qunce.chat.stage import Planned
from qunce.chat.types import Content, Purpose
from qunce.community.models import Group
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.ids import new_id
from tests.chat import support
from tests.support import world

LIN = Actor(11, "林芝", {None: Role.OPERATOR})
CHEN = Actor(12, "陈默", {None: Role.OPERATOR})


def by_hand_account(identity="小助手3号", **fields):
    return support.account(
        "manual",
        external_id=f"WeChat:{identity}",
        config={"app": "WeChat", "identity": identity},
        state="working",
        **fields,
    )


def group_of(made):
    chat.enter_groups(actor=SYSTEM, account_id=made.pk, lines=[GroupLine("读书会一群", 480)])
    found = Group.objects.get(name="读书会一群")
    chat.adopt(actor=SYSTEM, community_id=world.a_community().pk, group_ids=[found.pk])
    return Group.objects.get(pk=found.pk)


def planned(made, group, text="今晚八点共读", *, not_before=None, not_after=None, operation=None):
    with transaction.atomic():
        key = str(new_id())
        chat.plan(
            account_id=made.pk,
            planned=[Planned(key, group.pk, Content.of(text), Purpose.CAMPAIGN, None, not_after, operation)],
        )
    if not_before:
        Delivery.objects.filter(key=key).update(not_before=not_before)
    return Delivery.objects.get(key=key).pk


def state(key):
    return Delivery.objects.get(pk=key).state


def steps(key):
    return list(DeliveryStep.objects.filter(delivery=key).order_by("id").values_list("state", flat=True))
