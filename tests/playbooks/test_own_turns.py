"""Members and their own turns: accepted, given away, changed with others; on their own pages and by a word in the chat."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from qunce.chat.models import Delivery
from qunce.chat.types import MemberJoined, Sender
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.kernel.errors import Conflict, Invalid, NotFound
from qunce.kernel.models import AuditEntry
from qunce.members import actions as members
from qunce.members import selectors as people
from qunce.members.models import MemberLink
from qunce.playbooks import actions, selectors
from qunce.playbooks.models import TurnOffer
from qunce.playbooks.policies.turn_words import taken
from qunce.playbooks.types import TurnState
from tests.chat import support
from tests.steps.bench import HOUR, START, Bench, support_text
from tests.support import world
from tests.support.browser import page_ok

PEOPLE = ("阿明", "小红", "老王", "Zoë")
DAY = timedelta(days=1)


class Stage:
    """A rota of four; ``ids`` in the order of PEOPLE, ``visits`` as each looks at their own pages."""

    def __init__(self, room="!room"):
        self.account = support.account()
        support.lease(self.account)
        (self.group,) = support.adopted(self.account, room).values()
        joined = [MemberJoined(room, Sender(f"@{n}{room}", name), at=clock.now()) for n, name in enumerate(PEOPLE)]
        support.live(self.account, *joined)
        named = {name: key for key, name in selectors.candidates(SYSTEM, self.group.pk)}
        self.ids = [named[name] for name in PEOPLE]
        self.rota = actions.begin_rota(
            actor=SYSTEM,
            group_id=self.group.pk,
            title="代班群主",
            duties="早上发一篇好文",
            weekdays=range(7),
            member_ids=self.ids,
        )
        self.today = clock.today("Asia/Shanghai")
        self.visits = [self.visit(key) for key in self.ids]

    def path(self, member_id):
        return members.make_link(actor=SYSTEM, member_id=member_id, community_id=self.group.community_id)

    def visit(self, member_id):
        self.path(member_id)
        link = MemberLink.objects.select_related("member").filter(member=member_id).latest("pk")
        return people.Visit(link, link.member)

    def turn(self, days):
        return self.rota.turns.get(day=self.today + days * DAY)

    def whose(self, days):
        return self.ids.index(self.turn(days).member_id)


@pytest.fixture
def stage(db):
    return Stage()


# ------------------------------------------------------------------ what they decide
def test_a_turn_is_accepted_and_stays_when_the_order_changes(stage):
    actions.accept_own_turn(visit=stage.visits[1], rota_id=stage.rota.pk, day=stage.today + DAY)
    assert stage.turn(1).state == TurnState.ACCEPTED
    assert AuditEntry.objects.get(action="rota.accepted").actor_name == "小红"
    with pytest.raises(Conflict, match="not yours"):
        actions.accept_own_turn(visit=stage.visits[0], rota_id=stage.rota.pk, day=stage.today + DAY)


def test_who_cannot_is_stood_in_for_and_still_owes(stage):
    found = actions.decline_own_turn(visit=stage.visits[0], rota_id=stage.rota.pk, day=stage.today)
    turn = stage.turn(0)
    assert turn.member_id == found != stage.ids[0]
    assert turn.owed_by == stage.ids[0]


def test_days_away_give_accepted_turns_to_the_others_too(stage):
    actions.accept_own_turn(visit=stage.visits[0], rota_id=stage.rota.pk, day=stage.today)
    until = stage.today + 5 * DAY
    actions.set_own_away(visit=stage.visits[0], rota_id=stage.rota.pk, since=stage.today, until=until)
    assert all(stage.whose(n) for n in range(6))
    actions.set_own_away(visit=stage.visits[0], rota_id=stage.rota.pk, since=None, until=None)
    (own,) = selectors.own_rotas(stage.visits[0])
    assert own.place.away_from is None
    with pytest.raises(Invalid, match="before the beginning"):
        actions.set_own_away(visit=stage.visits[0], rota_id=stage.rota.pk, since=until, until=stage.today)


def test_two_change_days_once_the_other_has_said_yes(stage):
    given = {"rota_id": stage.rota.pk, "day": stage.today}
    offer = actions.offer_turn(visit=stage.visits[0], **given, other=stage.today + 2 * DAY)
    (line,) = [support_text(row) for row in Delivery.objects.all()]
    assert "阿明" in line
    assert "老王" in line
    assert stage.whose(0) == 0, "nothing has changed yet"
    with pytest.raises(NotFound):
        actions.accept_offer(visit=stage.visits[1], offer_id=offer.pk)
    (own,) = selectors.own_rotas(stage.visits[2])
    assert [asked.name for asked in own.asked] == ["阿明"]
    actions.accept_offer(visit=stage.visits[2], offer_id=offer.pk)
    assert (stage.whose(0), stage.whose(2)) == (2, 0)
    assert {stage.turn(0).state, stage.turn(2).state} == {TurnState.ACCEPTED}
    assert not TurnOffer.objects.exists()


def test_an_offer_is_told_once_and_can_be_taken_back(stage):
    given = {"visit": stage.visits[0], "rota_id": stage.rota.pk, "day": stage.today}
    first = actions.offer_turn(**given, to_member=stage.ids[3])
    actions.take_back_offer(**given)
    with pytest.raises(Conflict, match="taken back"):
        actions.accept_offer(visit=stage.visits[3], offer_id=first.pk)
    actions.offer_turn(**given, to_member=stage.ids[3])
    assert Delivery.objects.count() == 1
    with pytest.raises(Invalid, match="yours already"):
        actions.offer_turn(**given, to_member=stage.ids[0])


def test_an_offer_leads_to_the_own_page_of_whoever_reads_it(stage, settings):
    settings.BASE_URL = "https://qunce.example"
    actions.offer_turn(visit=stage.visits[0], rota_id=stage.rota.pk, day=stage.today)
    (line,) = [support_text(row) for row in Delivery.objects.all()]
    address = line.rpartition("\n")[2].removeprefix(settings.BASE_URL)
    browser = Client()
    unknown = browser.get(address)
    assert (unknown.status_code, stage.rota.title in unknown.content.decode()) == (200, False)
    browser.post("/m/open/", {"token": stage.path(stage.ids[3]).strip("/").rpartition("/")[2]})
    link = MemberLink.objects.filter(member=stage.ids[3]).latest("pk")
    assert browser.get(address).url == reverse("memberpages:turns", args=[link.ref])


def test_an_offer_ends_when_the_turn_gets_into_other_hands(stage):
    offer = actions.offer_turn(visit=stage.visits[0], rota_id=stage.rota.pk, day=stage.today)
    actions.give_turn(actor=SYSTEM, rota_id=stage.rota.pk, day=stage.today, member_id=stage.ids[2])
    assert not selectors.own_rotas(stage.visits[1])[0].asked
    with pytest.raises(Conflict):
        actions.accept_offer(visit=stage.visits[1], offer_id=offer.pk)


def test_nobody_decides_about_a_rota_that_is_not_theirs(stage):
    outside = Stage("!other")
    for act in (
        lambda visit: actions.accept_own_turn(visit=visit, rota_id=stage.rota.pk, day=stage.today),
        lambda visit: actions.set_own_away(visit=visit, rota_id=stage.rota.pk, since=None, until=None),
        lambda visit: actions.offer_turn(visit=visit, rota_id=stage.rota.pk, day=stage.today),
    ):
        with pytest.raises(NotFound):
            act(outside.visits[0])
    offer = actions.offer_turn(visit=stage.visits[0], rota_id=stage.rota.pk, day=stage.today)
    with pytest.raises(NotFound):
        actions.accept_offer(visit=outside.visits[0], offer_id=offer.pk)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_one_has_it():
    stage = Stage()
    offer = actions.offer_turn(visit=stage.visits[0], rota_id=stage.rota.pk, day=stage.today)
    together, outcomes = threading.Barrier(3), {}

    def accept(number):
        together.wait()
        try:
            actions.accept_offer(visit=stage.visits[number], offer_id=offer.pk)
            outcomes[number] = "has it"
        except Conflict:
            outcomes[number] = "too late"
        finally:
            connection.close()

    threads = [threading.Thread(target=accept, args=(number,)) for number in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes.values()) == ["has it", "too late", "too late"]
    (winner,) = [number for number, outcome in outcomes.items() if outcome == "has it"]
    assert stage.whose(0) == winner
    assert AuditEntry.objects.filter(action="rota.offer_accepted").count() == 1


# ------------------------------------------------------------------ by a word in the chat
@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("接", True),
        ("OK!", True),
        ("好的", True),
        ("I’ll do it", True),
        ("换一下吧", False),
        ("今天不行", False),
        ("抱歉，来不了", False),
        ("Sorry, I can’t", False),
        ("no", False),
        ("今天读第三章", None),
        ("大家早上好，" * 10, None),
        ("I know now", None),
    ],
)
def test_what_people_say_to_a_turn(said, means):
    assert taken(said) is means


CALLED = [
    {
        "id": "it",
        "do": "host",
        "with_": {"text": "{member}，今天轮到你代班，回一个“到”。", "keyword": "到", "for": "4h", "stand-ins": 1},
        "paths": {"answered": [{"id": "thanks", "do": "send", "with_": {"text": "今天由 {it.names} 代班。"}}]},
    }
]


@pytest.fixture
def bench(db):
    made = Bench()
    with clock.at(START):
        made.rota = actions.begin_rota(
            actor=SYSTEM,
            group_id=made.groups["!a"].pk,
            title="代班群主",
            duties="",
            weekdays=range(7),
            member_ids=[made.member(name).pk for name in ("李四", "王五", "张三")],
        )
    made.begin(CALLED)
    made.go()
    made.deliver()
    return made


def test_who_says_that_they_cannot_is_stood_in_for_at_once(bench):
    bench.say("今天不行，换个人吧", by="李四", at=START + HOUR)
    bench.go(START + HOUR)
    assert bench.said()[1:] == ["@张三，今天轮到你代班，回一个“到”。"]
    bench.deliver(START + HOUR)
    bench.say("ok", by="张三", at=START + 2 * HOUR)
    bench.go(START + 2 * HOUR)
    assert bench.said()[2:] == ["今天由 张三 代班。"]
    turn = bench.rota.turns.order_by("day").first()
    assert (turn.member_id, turn.owed_by, turn.state) == (bench.member().pk, bench.member("李四").pk, "accepted")


def test_what_is_neither_waits_for_the_keyword(bench):
    bench.say("今天读第三章", by="李四", at=START + HOUR)
    bench.go(START + HOUR)
    assert len(bench.said()) == 1
    bench.say("到！", by="李四", at=START + 2 * HOUR)
    bench.go(START + 2 * HOUR)
    assert bench.said()[1:] == ["今天由 李四 代班。"]


def test_who_said_yes_on_their_page_is_not_replaced_for_being_silent(bench):
    first = bench.rota.turns.order_by("day").first()
    with clock.at(START + HOUR):
        members.make_link(actor=SYSTEM, member_id=first.member_id, community_id=bench.home_id)
        link = MemberLink.objects.select_related("member").latest("pk")
        visit = people.Visit(link, link.member)
        actions.accept_own_turn(visit=visit, rota_id=bench.rota.pk, day=first.day)
    bench.go(START + 5 * HOUR)
    first.refresh_from_db()
    assert (first.member_id, first.state) == (bench.member("李四").pk, "accepted")
    assert "轮到你" not in "".join(bench.said()[1:])


# ------------------------------------------------------------------ on their own pages
def entered(path):
    client = Client()
    answer = client.post("/m/open/", {"token": path.strip("/").rpartition("/")[2]})
    return client, answer["Location"].strip("/").rpartition("/")[2]


def test_all_of_it_on_the_pages(stage):
    mine, ref = entered(stage.path(stage.ids[0]))
    theirs, their_ref = entered(stage.path(stage.ids[2]))
    page = reverse("memberpages:turns", args=[ref])
    act = reverse("memberpages:turn", args=[ref, stage.rota.pk])
    assert "早上发一篇好文" in mine.get(page).content.decode()
    day, other = stage.today.isoformat(), (stage.today + 2 * DAY).isoformat()
    mine.post(act, {"do": "offer", "day": day, "whom": f"day:{other}"})
    assert "Offered to 老王" in mine.get(page).content.decode()
    offer = TurnOffer.objects.get()
    shown = theirs.get(reverse("memberpages:turns", args=[their_ref])).content.decode()
    assert "阿明 would like to change days" in shown
    answer = theirs.post(
        reverse("memberpages:turn", args=[their_ref, stage.rota.pk]), {"do": "take", "offer": offer.pk}
    )
    assert answer.status_code == 302
    assert (stage.whose(0), stage.whose(2)) == (2, 0)
    mine.post(act, {"do": "accept", "day": other})
    assert "not yours any more" in mine.post(act, {"do": "accept", "day": day}).content.decode()
    assert "no day" in mine.post(act, {"do": "accept", "day": "soon"}).content.decode()
    assert mine.post(act, {"do": "away", "since": day, "until": other}).status_code == 302
    assert 0 not in {stage.whose(n) for n in range(3)}
    assert (
        mine.post(reverse("memberpages:turn", args=[their_ref, stage.rota.pk]), {"do": "accept"}).status_code == 404
    )


def test_who_takes_turns_finds_them_from_every_page(stage):
    client, ref = entered(stage.path(stage.ids[0]))
    way = f'href="{reverse("memberpages:turns", args=[ref])}"'
    for name in ("home", "suggestions", "library", "quoted", "drafts", "stored", "mute", "about"):
        assert way in client.get(reverse(f"memberpages:{name}", args=[ref])).content.decode(), name


def test_who_takes_no_turns_sees_nothing_of_them(stage):
    support.live(stage.account, support.said("!room", "早", by="@new", name="新人"))
    member_id = {name: key for key, name in selectors.candidates(SYSTEM, stage.group.pk)}["新人"]
    client, ref = entered(stage.path(member_id))
    assert "My turns" not in client.get(reverse("memberpages:home", args=[ref])).content.decode()
    assert "You take no turns" in client.get(reverse("memberpages:turns", args=[ref])).content.decode()


@pytest.mark.django_db(transaction=True)
def test_my_turns_on_a_phone(browse, transactional_db):
    world.owner()
    stage = Stage()
    offered = actions.offer_turn(visit=stage.visits[2], rota_id=stage.rota.pk, day=stage.today + 2 * DAY)
    phone = browse(stage.path(stage.ids[0]), phone=True)
    phone.get_by_role("button", name="Open my pages").click()
    phone.get_by_role("link", name="My turns").first.click()
    phone.get_by_role("button", name="I take it").wait_for()
    page_ok(phone, "own-turns")
    phone.get_by_role("button", name="I take it").click()
    phone.get_by_role("button", name="I take it").wait_for(state="detached")
    assert stage.whose(2) == 0
    assert not TurnOffer.objects.filter(pk=offered.pk).exists()
