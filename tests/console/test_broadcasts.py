"""The pages of broadcasts: write, choose, see each message, send; follow it, stop it, take it back."""

import csv
import io
import time
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from qunce.chat import actions
from qunce.chat.models import Account, Broadcast, Delivery
from qunce.chat.types import DeliveryState, GroupGone, Selection
from qunce.community import actions as community
from qunce.community.models import Group
from qunce.kernel.actor import SYSTEM, Role
from tests.chat import support
from tests.chat.push import crowd
from tests.support import world
from tests.support.browser import page_ok, wait_until

S = DeliveryState
SEE = "See what each group gets"


def rooms(*names):
    """A sandbox account with adopted rooms; returns the groups by room."""
    made = support.account("sandbox", external_id="bot:Qunce", state="working")
    return support.adopted(made, *names)


def send(text="大家好 {group}", **more):
    return actions.send_broadcast(
        actor=more.pop("actor", SYSTEM), text=text, selection=Selection(everywhere=True), submission=uuid4(), **more
    )


def settle(broadcast, count, state, **more):
    """As the gateway would, for the first ``count`` that are planned."""
    account = Account.objects.get()
    epoch = support.lease(account)
    claims = actions.claim(account_id=account.pk, epoch=epoch, limit=count)
    outcomes = [actions.Outcome(claim.id, state, external_id=f"x{claim.id}", **more) for claim in claims]
    actions.settle(account_id=account.pk, epoch=epoch, outcomes=outcomes)


def test_an_empty_list_leads_to_the_first_broadcast(browse):
    page = browse("/broadcasts/", world.owner())
    page_ok(page, "broadcasts-empty")
    page.get_by_role("link", name="Write the first one").click()
    page.get_by_role("heading", name="What should the groups hear?").wait_for()
    page_ok(page, "broadcast-new-empty")


def test_from_the_text_through_the_preview_to_every_group(browse):
    groups = rooms("a", "b", "c")
    support.live(Account.objects.get(), GroupGone("c"))
    page = browse("/broadcasts/new/", world.owner())
    page.get_by_label("Text").fill("Good evening, ")
    page.get_by_role("button", name="{group}").click()
    page.locator("#beside").get_by_text("0 groups").wait_for()
    page.get_by_text("Every group that I operate").click()
    page.locator("#beside").get_by_text("Good evening, 群 a").wait_for()
    page_ok(page, "broadcast-compose")
    page.get_by_label("Text").fill("Good evening, {nmae}")
    page.get_by_text("There is no variable {nmae}.").wait_for()
    page.get_by_role("button", name=SEE).click()
    page.get_by_text("There is no variable {nmae}.").first.wait_for()
    page_ok(page, "broadcast-compose-wrong")
    page.get_by_label("Text").fill("Good evening, {group}")
    page.get_by_role("button", name=SEE).click()
    page.get_by_role("heading", name="This is what 2 groups get").wait_for()
    expect(page.get_by_text("Good evening, 群 a")).to_be_visible()
    page.get_by_role("button", name="Next group").click()
    page.get_by_text("Good evening, 群 b").wait_for()
    expect(page.get_by_role("button", name="Next group")).to_be_disabled()
    page.get_by_text("1 group is left out: None of our accounts is in this group any more.").click()
    page_ok(page, "broadcast-preview")
    page.get_by_role("button", name="Back to the text").click()
    expect(page.get_by_label("Text")).to_have_value("Good evening, {group}")
    expect(page.get_by_label("Every group that I operate")).to_be_checked()
    page.get_by_role("button", name=SEE).click()
    page.get_by_role("button", name="Send to 2 groups").click()
    page.get_by_role("heading", name="Reached 0 of 2 groups").wait_for()
    page_ok(page, "broadcast-begun")
    assert set(Delivery.objects.values_list("group_id", "state")) == {
        (groups["a"].pk, "planned"),
        (groups["b"].pk, "planned"),
        (groups["c"].pk, "skipped"),
    }
    page.go_back()
    page.get_by_role("button", name="Send to 2 groups").click()
    page.get_by_role("heading", name="Reached 0 of 2 groups").wait_for()
    assert Broadcast.objects.count() == 1


def test_groups_are_chosen_by_tag_or_one_by_one(browse):
    groups = rooms("a", "b", "c")
    community.tag_groups(actor=SYSTEM, group_ids=[groups["b"].pk], add=["vip"])
    page = browse("/broadcasts/new/", world.owner())
    page.get_by_label("Text").fill("Hello")
    page.get_by_label("vip").check()
    page.locator("#beside").get_by_text("1 group").wait_for()
    page.get_by_text("Groups one by one").click()
    page.locator("#offer").get_by_text("群 c").click()
    page.locator("#picked").get_by_text("群 c").wait_for()
    page.get_by_label("Find groups").fill("a")
    page.locator("#offer").get_by_text("群 a").click()
    page.locator("#beside").get_by_text("2 groups").wait_for()
    page_ok(page, "broadcast-one-by-one")
    page.locator("#picked").get_by_text("群 c").click()
    page.locator("#beside").get_by_text("1 group").wait_for()
    page.get_by_role("button", name=SEE).click()
    page.get_by_role("button", name="Send to 1 group").click()
    page.get_by_role("heading", name="Reached 0 of 1 group").wait_for()
    assert Delivery.objects.get().group_id == groups["a"].pk
    page.goto(f"/broadcasts/new/?group={groups['c'].pk}")
    page.locator("#picked").get_by_text("群 c").wait_for()


def test_progress_is_followed_live_and_stopped(browse):
    rooms(*"abcdef")
    broadcast = send()
    page = browse(f"/broadcasts/{broadcast.pk}/", world.owner(), dark=True)
    page.get_by_role("heading", name="Reached 0 of 6 groups").wait_for()
    wait_until(page, "document.documentElement.dataset.live === 'on'")
    settle(broadcast, 3, S.SENT)
    page.get_by_role("heading", name="Reached 3 of 6 groups").wait_for()
    settle(broadcast, 1, S.FAILED, detail="The homeserver does not allow this account to do that in this room.")
    page.get_by_role("link", name="Failed 1").click()
    page.get_by_text("does not allow this account").wait_for()
    page_ok(page, "broadcast-dark")
    page.get_by_role("button", name="Stop").click()
    page_ok(page)
    page.get_by_role("dialog").get_by_role("button", name="Stop it").click()
    page.get_by_text("2 groups do not get it any more.").wait_for()
    page.get_by_role("heading", name="Stopped after 3 groups").wait_for()
    expect(page.get_by_role("button", name="Send again where it failed")).to_have_count(0)


def test_only_what_failed_is_sent_again(browse):
    rooms("a", "b")
    broadcast = send()
    settle(broadcast, 1, S.SENT)
    settle(broadcast, 1, S.FAILED, detail="No.")
    page = browse(f"/broadcasts/{broadcast.pk}/", world.owner())
    page.get_by_role("button", name="Send again where it failed").click()
    page.get_by_role("dialog").get_by_role("button", name="Send again").click()
    page.get_by_text("It is sent again to 1 group").wait_for()
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["planned", "sent"]


def test_taking_back_says_before_what_it_does(browse):
    rooms("a", "b", "c")
    broadcast = send()
    settle(broadcast, 2, S.SENT)
    page = browse(f"/broadcasts/{broadcast.pk}/", world.owner())
    page.get_by_role("link", name="Take back").click()
    page.get_by_role("heading", name="Take it back from 2 groups?").wait_for()
    expect(page.get_by_text("1 message that has not left yet is not sent.")).to_be_visible()
    page_ok(page, "broadcast-recall")
    page.get_by_role("button", name="Take it back").click()
    page.get_by_role("heading", name="Being taken back: 0 of 2 groups").wait_for()
    account = Account.objects.get()
    epoch = support.lease(account)
    recalls = actions.claim_recalls(account_id=account.pk, epoch=epoch, limit=9)
    done = actions.RecallOutcomes(done=[claim.id for claim in recalls])
    actions.settle(account_id=account.pk, epoch=epoch, outcomes=[], recalls=done)
    page.get_by_role("heading", name="Taken back from 2 groups").wait_for()
    page_ok(page, "broadcast-recalled")


def test_an_unknown_delivery_is_settled_by_looking(browse):
    rooms("a", "b")
    broadcast = send()
    settle(broadcast, 1, S.UNKNOWN, detail="Interrupted while sending; the platform cannot tell whether it arrived.")
    page = browse("/deliveries/", world.owner())
    page.get_by_role("heading", name="1 message did not arrive for sure").wait_for()
    page_ok(page, "deliveries")
    page.get_by_role("link", name="群 a").click()
    page_ok(page, "delivery-unknown")
    page.get_by_role("button", name="It arrived").click()
    page.get_by_text("Noted.").wait_for()
    page_ok(page, "delivery")
    page.goto("/deliveries/")
    page.get_by_role("heading", name="Everything that was sent arrived").wait_for()
    page_ok(page, "deliveries-none")


def test_viewers_look_and_nothing_else(browse):
    groups = rooms("a")
    broadcast = send()
    viewer = world.member_of_staff(roles={groups["a"].community_id: Role.VIEWER})
    page = browse("/broadcasts/", viewer)
    expect(page.get_by_role("link", name="New broadcast")).to_have_count(0)
    page_ok(page, "broadcasts")
    page.get_by_role("link", name="大家好").click()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    assert page.request.get("/broadcasts/new/").status == 403
    assert page.request.get(f"/broadcasts/{broadcast.pk}/recall/").status == 403
    stranger = world.member_of_staff(roles={world.a_community().pk: Role.OWNER})
    page = browse("/broadcasts/", stranger)
    expect(page.get_by_text("大家好")).to_have_count(0)
    assert page.request.get(f"/broadcasts/{broadcast.pk}/").status == 404
    assert page.request.get(f"/broadcasts/{broadcast.pk}/results.csv").status == 404


@pytest.mark.django_db
def test_results_as_a_file_are_no_formulas(client):
    groups = rooms("a", "b")
    Group.objects.filter(pk=groups["a"].pk).update(name="=cmd|' /C calc'!A0")
    broadcast = send()
    client.force_login(world.owner())
    text = client.get(f"/broadcasts/{broadcast.pk}/results.csv").content.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert len(lines) == 3
    assert sorted(line[0] for line in lines[1:]) == ["'=cmd|' /C calc'!A0", "群 b"]
    found = client.get(f"/broadcasts/{broadcast.pk}/results.csv?q=群 b").content.decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(found)))) == 2


@pytest.mark.django_db
def test_ten_thousand_targets_do_not_slow_a_page(client, django_assert_max_num_queries):
    groups = rooms("a")
    crowd(10_000, groups["a"].community_id, "sandbox")
    client.force_login(world.owner())
    written = {"text": "{group}", "whom": "everywhere", "submission": str(uuid4())}
    took = {}

    def timed(name, call):
        begun = time.perf_counter()
        answer = call()
        took[name] = time.perf_counter() - begun
        assert answer.status_code in {200, 302}, answer.content
        return answer

    timed("beside", lambda: client.post("/broadcasts/new/beside/", written))
    preview = timed("preview", lambda: client.post("/broadcasts/new/", {**written, "step": "preview"}))
    assert "10,001" in preview.content.decode() or "10001" in preview.content.decode()
    sent = timed("send", lambda: client.post("/broadcasts/new/", {**written, "step": "send"}))
    with django_assert_max_num_queries(20):
        timed("page", lambda: client.get(sent.url))
    timed("last page", lambda: client.get(f"{sent.url}?page=200&state=planned"))
    timed("recall", lambda: client.get(f"{sent.url}recall/"))
    assert max(took["beside"], took["page"], took["last page"]) < 1
    assert max(took.values()) < 5
