"""The list of what is carried over by hand, on a phone: copied, sent, left out, put off, and what a lost line does."""

import pytest

from qunce.chat import actions as chat
from qunce.chat.models import Carrying, Delivery
from qunce.chat.types import DeliveryState, Selection
from qunce.community.models import Group
from qunce.console.chat.hand_groups import lines_of
from qunce.kernel.actor import SYSTEM, Role
from qunce.kernel.errors import Invalid
from qunce.kernel.ids import new_id
from tests.support import world
from tests.support.browser import page_ok, shoot, wait_until

S = DeliveryState


def scene():
    """A community with a phone's account in three groups, and something for each of them."""
    home = world.a_community("城市书房")
    things = world.carried_by_hand(home)
    lines = [chat.GroupLine(f"读书会微信{n}群", 100) for n in "二三"]
    chat.enter_groups(actor=SYSTEM, account_id=things["phone"], lines=lines)
    ids = list(Group.objects.filter(platform="manual").values_list("pk", flat=True))
    chat.adopt(actor=SYSTEM, community_id=home.pk, group_ids=ids)
    sent = chat.send_broadcast(
        actor=SYSTEM,
        text="各位{群名}的朋友，\n今晚八点共读第四章 📖 不见不散！",
        selection=Selection(community_ids=(home.pk,)),
        submission=new_id(),
    )
    return home, things, Delivery.objects.filter(broadcast=sent).order_by("id")


def test_a_list_is_worked_off_on_a_phone(browse):
    _home, _things, deliveries = scene()
    page = browse("/", world.owner(), phone=True)
    page.get_by_text("4 messages to send by hand").wait_for()
    page.get_by_role("link", name="To the list").click()
    page.get_by_role("heading", name="4 messages to send by hand").wait_for()
    page.get_by_text("1 of 5").wait_for()
    page_ok(page, "by-hand")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    card = page.locator(f"#hand-{deliveries[0].pk}")
    card.get_by_role("button", name="Copy").click()
    card.get_by_text("In your hands").wait_for()
    name = Group.objects.get(pk=deliveries[0].group_id).name
    assert page.evaluate("navigator.clipboard.readText()") == f"各位{name}的朋友，\n今晚八点共读第四章 📖 不见不散！"
    card.get_by_role("button", name="Sent").click()
    card.get_by_text("Undo").wait_for()
    page.get_by_text("2 of 5").wait_for()
    page.get_by_role("heading", name="3 messages to send by hand").wait_for()
    card.locator("input[type=file]").set_input_files({"name": "p.png", "mimeType": "image/png", "buffer": world.PNG})
    card.get_by_text("Picture kept").wait_for()
    card = page.locator(f"#hand-{deliveries[1].pk}")
    card.get_by_text("Leave it out").first.click()
    card.get_by_role("button", name="The group is gone.").click()
    card.get_by_text("Left out").wait_for()
    card.get_by_role("button", name="Undo").click()
    card.get_by_text("In your hands").wait_for()
    card.get_by_text("Not yet").click()
    card.get_by_role("button", name="tomorrow at nine").click()
    card.get_by_text("It comes back:").wait_for()
    assert [each.state for each in deliveries.all()] == [S.SENT, S.PLANNED, S.PLANNED]
    assert Carrying.objects.get(delivery=deliveries[0]).proof
    page_ok(page, "by-hand-begun")


def test_what_somebody_else_has_is_said(browse):
    home, things, _deliveries = scene()
    chen = world.member_of_staff("陈默", roles={home.pk: Role.OPERATOR})
    page = browse("/by-hand/", world.owner(), phone=True)
    page.locator("h1").click()  # whoever has just touched the page does not see it move
    chat.take_in_hand(actor=world.actor(chen), delivery_id=things["carried"])
    card = page.locator(f"#hand-{things['carried']}")
    card.get_by_role("button", name="Sent").click()
    card.get_by_text("陈默 is sending this.", exact=True).wait_for()
    assert Delivery.objects.get(pk=things["carried"]).state == S.CLAIMED


def test_a_lost_line_loses_nothing_and_doubles_nothing(browse):
    _home, things, _deliveries = scene()
    page = browse("/by-hand/", world.owner(), phone=True)
    page.context.set_offline(True)
    page.locator(f"#hand-{things['carried']}").get_by_role("button", name="Sent").click()
    page.get_by_text("The line is gone.").wait_for()
    assert Delivery.objects.get(pk=things["carried"]).state == S.PLANNED
    page.context.set_offline(False)
    wait_until(page, "document.getElementById('unsaved').hidden")
    assert Delivery.objects.get(pk=things["carried"]).state == S.SENT


def test_a_picture_comes_under_its_own_type_and_only_to_who_carries(client, db):
    home, things, _deliveries = scene()
    client.force_login(world.member_of_staff(roles={home.pk: Role.OPERATOR}))
    shown = client.get(f"/by-hand/{things['pictured']}/files/1/")
    assert (shown.status_code, shown["Content-Type"], shown.content) == (200, "image/png", world.PNG)
    assert client.get(f"/by-hand/{things['pictured']}/files/0/").status_code == 404
    assert client.get(f"/by-hand/{things['pictured']}/files/9/").status_code == 404
    history = client.get(f"/deliveries/{things['pictured']}/").content.decode()
    assert f"/deliveries/{things['pictured']}/proof/" in history
    client.force_login(world.member_of_staff(roles={home.pk: Role.VIEWER}))
    assert client.get(f"/by-hand/{things['pictured']}/files/1/").status_code == 404
    assert client.get(f"/deliveries/{things['carried']}/proof/").status_code == 404


def test_without_scripts_a_form_works_too(client, db):
    home, things, _deliveries = scene()
    client.force_login(world.member_of_staff(roles={home.pk: Role.OPERATOR}))
    answer = client.post(f"/by-hand/{things['carried']}/skip/", {"reason": ""}, follow=True)
    assert "Say why it is not sent." in answer.content.decode()
    answer = client.post(f"/by-hand/{things['carried']}/sent/", follow=True)
    assert answer.redirect_chain == [("/by-hand/", 302)]
    assert client.post(f"/by-hand/{things['carried']}/dance/").status_code == 404


def test_an_account_is_connected_and_its_groups_pasted(browse):
    page = browse("/accounts/new/manual/", world.owner())
    page.get_by_label("Its name there").fill("小助手3号")
    page.get_by_role("button", name="Connect and check").click()
    page.get_by_text("It is ready. Enter the groups that it is in.").wait_for()
    page_ok(page, "hand-groups-empty")
    page.get_by_label("One group per line").fill("读书会一群, 480\n读书会二群，300人\n跑者之家\n")
    page.get_by_role("button", name="Enter").click()
    page.get_by_text("3 groups are entered.").wait_for()
    page.get_by_role("link", name="Take 3 groups over").wait_for()
    page_ok(page, "hand-groups")
    page.goto(page.url.removesuffix("groups/"))
    page.get_by_role("heading", name="Carried by hand", exact=True).first.wait_for()
    page_ok(page, "hand-account")


def test_lists_are_read_as_people_write_them():
    text = "群名,人数\n读书会一群,480\n  读书会二群 ， 300人\n\n跑者之家\tA\n周三,周四群\n名字; 12\n"
    assert [(line.name, line.members) for line in lines_of(text)] == [
        ("读书会一群", 480),
        ("读书会二群", 300),
        ("跑者之家, A", None),
        ("周三, 周四群", None),
        ("名字", 12),
    ]
    with pytest.raises(Invalid, match="Line 2"):
        lines_of("一群, 1\n二群, 4x")


def test_pictures_of_the_list(browse):
    scene()
    owner = world.owner()
    shoot(browse("/by-hand/", owner, phone=True, language="zh-hans"), "by-hand-zh")
    shoot(browse("/by-hand/", owner, phone=True, dark=True, language="zh-hans"), "by-hand-zh-dark")
