"""The inbox in a browser: all of it by keyboard at the desk, by thumb on a phone; nothing typed is lost."""

import re

import pytest
from playwright.sync_api import expect

from qunce.chat.actions import deliveries, make_searchable
from qunce.chat.models import Delivery, Message
from qunce.chat.types import DeliveryState
from qunce.desk import actions
from qunce.desk.models import Matter
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Role
from qunce.kernel.ids import new_id
from tests.chat.support import account, adopted, live, minutes, said
from tests.support import world
from tests.support.browser import held, page_ok, shoot, wait_until, wait_until_true

QUERIES = 15


@pytest.fixture
def made(site):
    """Two groups of a community in which something was asked."""
    made = account()
    groups = adopted(made, "!a", "!b")
    now = clock.now()
    live(
        made,
        said("!a", "大家早上好", key="$1", at=now - minutes(50)),
        said("!a", "报名表在哪里？", key="$2", at=now - minutes(40), by="@li", name="李四"),
        said("!b", "@群秘书 请看一下", key="$3", at=now - minutes(30), by="@wang", name="王五"),
        said("!b", "明天还上课吗", key="$4", at=now - minutes(20)),
    )
    while make_searchable():
        pass
    made.home = groups["!a"].community
    return made


def key_of(external_id):
    message = Message.objects.get(external_id=external_id)
    return message.group_id, message.sent_at, message.id


def state_of(external_id):
    return Matter.objects.values_list("state", "assignee_id").get(external_id=external_id)


def live_on(page):
    page.locator('html[data-live="on"]').wait_for(state="attached")


def test_all_of_it_by_keyboard(made, browse):
    agent = world.member_of_staff("林芝", roles={made.home.pk: Role.SERVICE})
    page = browse("/inbox/?tab=unanswered", agent)
    page.get_by_role("heading", name="2 questions wait for an answer").wait_for()
    live_on(page)
    page_ok(page, "inbox")
    page.keyboard.press("?")
    page.get_by_text("give it to a colleague").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    assert "报名表在哪里" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.locator(".inbox-meant", has_text="报名表在哪里").wait_for()
    expect(page.locator(".inbox-thread").get_by_text("大家早上好")).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.press("ArrowDown")
    page.locator("#staff").select_option(label="林芝 (you)")
    page.locator(".inbox-standing", has_text="given to 林芝").wait_for()
    page.locator(".inbox-row:focus").wait_for()
    page.keyboard.press("r")
    page.locator("textarea:focus").wait_for()
    page.keyboard.type("zai gonggao li")
    expect(page.get_by_label("Your answer")).to_have_value("zai gonggao li")
    page.keyboard.press("Control+Enter")
    page.locator(".inbox-answer", has_text="zai gonggao li").wait_for()
    page.locator(".inbox-standing", has_text="Answered").wait_for()
    assert state_of("$2") == ("answered", agent.pk)
    wait_until(page, "document.querySelectorAll('.inbox-row').length === 1")  # the list follows by itself
    page.keyboard.press("e")  # and whoever was in it goes on with the next one
    page.locator(".inbox-standing", has_text="Done").wait_for()
    assert state_of("$4")[0] == "done"
    page.get_by_text("Nobody waits for an answer").wait_for()
    page.keyboard.press("u")
    page.locator(".inbox-standing", has_text="Waits").wait_for()
    assert state_of("$4")[0] == "open"
    page.keyboard.press("/")
    page.keyboard.type("上课")
    page.locator("mark", has_text="上课").wait_for()
    page.get_by_text("Everything up to now can be found.").wait_for()
    page_ok(page, "inbox-search")


def renew(page):
    """Let every live part of the page be asked for anew at once, as when all of its topics are touched."""
    page.evaluate("document.querySelectorAll('[data-live]').forEach((part) => htmx.trigger(part, 'live', {}))")


def test_whoever_writes_loses_no_letter_to_what_comes_meanwhile(made, browse):
    page = browse("/inbox/", world.member_of_staff("林芝", roles={made.home.pk: Role.SERVICE}))
    live_on(page)
    page.locator(".inbox-row", has_text="报名表").click()
    page.locator(".inbox-meant", has_text="报名表").wait_for()
    # The colleague is chosen, the answer of the server is slow, and the person writes on.
    waiting, let_go = held(page, "/assign/")
    page.locator("#staff").select_option(label="林芝 (you)")
    page.locator(".inbox-row:focus", has_text="报名表").wait_for()
    page.keyboard.press("r")
    field = page.locator("textarea:focus")
    field.press_sequentially("zai ")
    wait_until_true(page, lambda: waiting)
    let_go()
    field.press_sequentially("gong")
    page.locator(".inbox-standing", has_text="given to 林芝").wait_for()
    assert page.locator("#staff").input_value() != ""
    for number, letter in enumerate("gao li"):
        live(made, said("!a", f"还有 {number}", key=f"$more{number}", at=clock.now()))
        renew(page)
        field.press_sequentially(letter)
    page.locator(".inbox-row", has_text="还有 5").wait_for()
    field.press_sequentially("!")
    expect(field).to_have_value("zai gonggao li!")
    # Another message, and back: what was begun is still there.
    page.locator(".inbox-row", has_text="明天还上课吗").click()
    page.locator(".inbox-meant", has_text="明天还上课吗").wait_for()
    expect(page.get_by_label("Your answer")).to_have_value("")
    # Letters that are quicker than the message belong to the answer, they are no commands.
    waiting, let_go = held(page, key_of("$2")[2])
    page.locator(".inbox-row", has_text="报名表").focus()
    page.keyboard.type("r eau")
    wait_until_true(page, lambda: waiting)
    let_go()
    page.locator("textarea:focus").wait_for()
    expect(page.get_by_label("Your answer")).to_have_value("zai gonggao li! eau")
    page.keyboard.press("Control+Enter")
    page.locator(".inbox-answer", has_text="zai gonggao li! eau").wait_for()
    page.locator(".inbox-row:focus", has_text="报名表").wait_for()
    expect(page.get_by_label("Your answer")).to_have_value("")
    assert {state_of("$2")[0], state_of("$4")[0]} == {"answered", "open"}


def test_an_answer_that_comes_late_does_not_replace_what_was_opened_since(made, browse):
    page = browse("/inbox/", world.owner())
    waiting, let_go = held(page, key_of("$2")[2])
    page.locator(".inbox-row", has_text="报名表").click()
    page.locator(".inbox-row", has_text="明天还上课吗").click()
    page.locator(".inbox-meant", has_text="明天还上课吗").wait_for()
    page.keyboard.press("r")
    page.keyboard.type("zhaochang")
    wait_until_true(page, lambda: waiting)
    with page.expect_response(re.compile(str(key_of("$2")[2]))):
        let_go()
    page.keyboard.type(" shang")
    expect(page.get_by_label("Your answer")).to_have_value("zhaochang shang")
    expect(page.locator(".inbox-meant", has_text="明天还上课吗")).to_be_visible()


def test_from_the_list_to_the_message_and_back_on_a_phone(made, browse):
    page = browse("/inbox/?tab=mentions", world.owner(), phone=True, dark=True)
    page.locator(".inbox-row").click()
    page.locator(".inbox-meant", has_text="请看一下").wait_for()
    expect(page.locator(".inbox-list")).to_be_hidden()
    page_ok(page, "inbox-message-dark")
    page.set_viewport_size({"width": 360, "height": 740})
    page.get_by_role("link", name="Back to the list").click()
    page.locator(".inbox-row").wait_for()
    expect(page.locator(".inbox-pane")).to_be_hidden()


def test_new_messages_and_what_became_of_an_answer_appear_by_themselves(made, browse):
    owner = world.owner()
    page = browse("/inbox/", owner)
    live_on(page)
    live(made, said("!b", "新来的消息", at=clock.now()))
    page.locator(".inbox-row", has_text="新来的消息").wait_for()
    written = actions.answer(actor=world.actor(owner), message=key_of("$2"), text="在公告里", key=new_id(), seen=0)
    page.locator(".inbox-row", has_text="报名表").click()
    page.locator(".inbox-answer", has_text="Planned").wait_for()
    deliveries.move([written.delivery_id], DeliveryState.CLAIMED)
    deliveries.move([written.delivery_id], DeliveryState.FAILED, detail="too long")
    deliveries.tell(made.pk, [written.delivery_id])
    page.locator(".inbox-answer", has_text="Failed").wait_for()
    page_ok(page, "inbox-failed")
    page.get_by_role("button", name="Send it again").click()
    page.locator(".inbox-answer", has_text="Planned").wait_for()


def test_the_second_who_answers_is_told_and_loses_nothing(made, browse):
    page = browse("/inbox/?tab=unanswered", world.owner())
    page.locator(".inbox-row", has_text="报名表").click()
    page.get_by_label("Your answer").fill("在群公告里")
    actions.answer(actor=SYSTEM, message=key_of("$2"), text="看公告", key=new_id(), seen=0)
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("Qunce was quicker and wrote: “看公告” Nothing of yours was sent.").wait_for()
    expect(page.get_by_label("Your answer")).to_have_value("在群公告里")
    assert Delivery.objects.count() == 1
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator(".inbox-answer", has_text="在群公告里").wait_for()
    assert Delivery.objects.count() == 2


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pictures(made, browse, language):
    actions.answer(actor=SYSTEM, message=key_of("$4"), text="照常上课", key=new_id(), seen=0)
    owner = world.owner()
    page = browse("/inbox/", owner, language=language)
    page.locator(".inbox-row", has_text="报名表").click()
    page.locator(".inbox-meant").wait_for()
    shoot(page, f"inbox-open-{language}")


def test_a_viewer_reads_and_a_stranger_finds_nothing(client, db):
    made = account()
    adopted(made, "!a")
    live(made, said("!a", "几点开始？", key="$1", at=clock.now() - minutes(5)))
    home = Message.objects.get()
    while make_searchable():
        pass
    from qunce.community.models import Group

    community_id = Group.objects.get(pk=home.group_id).community_id
    client.force_login(world.member_of_staff(roles={community_id: Role.VIEWER}))
    shown = client.get("/inbox/?tab=unanswered").content.decode()
    assert "几点开始" in shown
    assert (
        "You can read along"
        in client.get(shown.split('class="inbox-row"')[1].split('href="')[1].split('"')[0]).content.decode()
    )
    client.force_login(world.member_of_staff(roles={world.a_community("别处").pk: Role.OWNER}))
    for query in ("", "?tab=unanswered", "?q=几点", "?tab=done"):
        assert "几点开始" not in client.get(f"/inbox/{query}").content.decode()


def test_the_list_has_a_budget(client, db, django_assert_num_queries):
    world.lively(groups=1, found=0)
    client.force_login(world.owner())
    with django_assert_num_queries(QUERIES):
        client.get("/inbox/")
    world.lively("乙", groups=4, found=0)
    with django_assert_num_queries(QUERIES):
        client.get("/inbox/")


@pytest.mark.parametrize(
    "query",
    [
        "?cursor=x",
        "?community=x&group=99999999999999999999",
        "?tab=nonsense",
        "?q=%00",
        "?q='&tag=*",
        "?community=%C2%B2",
    ],
)
def test_nonsense_in_the_address_does_no_harm(client, db, query):
    client.force_login(world.owner())
    assert client.get(f"/inbox/{query}").status_code in {200, 422}


@pytest.mark.parametrize("at", ["0", "99999999999999999999999"])
def test_messages_that_never_were_are_not_found(client, db, at):
    client.force_login(world.owner())
    assert client.get(f"/inbox/1/{at}/{new_id()}/").status_code == 404
