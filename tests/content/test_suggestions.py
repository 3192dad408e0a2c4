"""Suggestions: made by a word in a group, on one's own page or by the team; decided once, and their authors told."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from qunce.chat.models import Delivery, Message
from qunce.chat.types import Purpose
from qunce.content import actions, selectors
from qunce.content.models import Suggestion
from qunce.content.policies import suggestions as policies
from qunce.content.selectors import SuggestionFilter
from qunce.content.types import SuggestionState
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Permission, Role
from qunce.kernel.audit import AuditEntry
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.members import actions as members
from qunce.members.models import Identity, Member
from tests.chat import support
from tests.support import world

pytestmark = pytest.mark.django_db


class Rooms:
    def __init__(self):
        self.account = support.account(state="working")
        self.epoch = support.lease(self.account)
        self.groups = support.adopted(self.account, "!a", "!b")
        self.group = self.groups["!a"]
        self.home = self.group.community
        self.operator = world.actor(world.member_of_staff("林芝", roles={self.home.pk: Role.OPERATOR}))

    def say(self, text, *, by="@zhang", name="张三", room="!a", at=None, **more):
        said = support.said(room, text, by=by, name=name, at=at or clock.now(), **more)
        support.live(self.account, said)
        return Suggestion.objects.filter(external_id=said.external_id).first()

    def decide(self, row, state, reason="", **more):
        row.refresh_from_db()
        return actions.decide_suggestion(
            actor=self.operator, suggestion_id=row.pk, edition=row.edition, state=state, reason=reason, **more
        )

    def undo(self, row):
        return actions.undo_decision(actor=self.operator, suggestion_id=row.pk, edition=row.edition)

    def message(self, made, row):
        return Delivery.objects.get(key=f"suggestion:{made.pk}:{row.pk}:{row.edition}")

    def told(self, row):
        return list(Delivery.objects.filter(key__startswith=f"suggestion:{row.pk}:{row.pk}:").order_by("created_at"))


@pytest.fixture
def rooms():
    return Rooms()


# ------------------------------------------------------------------ in the group
@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("建议：每周办一次共读", "每周办一次共读"),
        ("建议:每周办一次共读", "每周办一次共读"),
        ("  提议 ： 换个时间", "换个时间"),
        ("#建议 换个时间", "换个时间"),
        ("＃建议＃换个时间", "换个时间"),
        ("Suggestion: meet on Fridays", "meet on Fridays"),
        ("#suggestion\nmeet on Fridays", "meet on Fridays"),
        ("建议大家早点睡", ""),
        ("#建议箱在哪里", ""),
        ("建议：", ""),
        ("我有个建议：换个时间", ""),
    ],
)
def test_what_begins_so_is_a_suggestion(rooms, text, made):
    row = rooms.say(text)
    assert (row.text if row else "") == made == policies.suggested(text)
    assert Delivery.objects.filter(purpose=Purpose.REPLY).count() == bool(made)


def test_it_is_thanked_for_once_and_the_same_again_is_not_new(rooms):
    first = rooms.say("建议：每周办一次共读")
    assert (first.state, first.name, first.community_id) == (SuggestionState.NEW, "张三", rooms.home.pk)
    assert rooms.say("建议: 每周办一次 共读！") is None
    other = rooms.say("建议：每周办一次共读", by="@li", name="李四")
    assert other.same_as == first
    assert [voice.name for voice in selectors.voices([first.pk])[first.pk]] == ["张三", "李四"]
    replies = [each.content[0]["text"] for each in Delivery.objects.order_by("created_at", "pk")]
    assert len(replies) == 3
    assert len(set(replies)) == 2


@pytest.mark.parametrize("more", [{"is_bot": True}, {"by": "@us"}])
def test_neither_bots_nor_we_are_heard(rooms, more):
    if "by" in more:
        rooms.account.external_id = "@us"
        rooms.account.save()
        from qunce.kernel import revisions

        revisions.bump("accounts")
    assert rooms.say("建议：每周办一次共读", **more) is None


def test_what_is_read_late_is_kept_and_not_answered(rooms):
    assert rooms.say("建议：每周办一次共读", at=clock.now() - timedelta(hours=1))
    assert not Delivery.objects.exists()


def test_messages_that_are_none_cost_no_statement(rooms, django_assert_num_queries):
    from qunce.chat.stage import Inflow
    from qunce.content.subscribers import SuggestionWords

    stage, inflow = SuggestionWords(), Inflow(1, clock.now(), {}, [])
    with django_assert_num_queries(0):
        stage.foresee(inflow)
        stage.run(inflow)


# ------------------------------------------------------------------ what becomes of it
def test_its_author_is_told_in_reply_what_becomes_of_it(rooms):
    row = rooms.say("建议：每周办一次共读")
    rooms.decide(row, SuggestionState.PLANNED, "从下周五开始")
    (told,) = rooms.told(row)
    assert (told.reply_to, told.purpose, told.group_id) == (row.external_id, Purpose.SERVICE, rooms.group.pk)
    said = "".join(part.get("text", "") for part in told.content)
    assert told.content[0] == {"is": "mention", "who": "@zhang", "name": "张三"}
    assert "每周办一次共读" in said
    assert said.endswith("\n从下周五开始")
    rooms.decide(row, SuggestionState.DONE)
    assert len(rooms.told(row)) == 2
    rooms.decide(row, SuggestionState.CONSIDERED, tells=False)
    assert len(rooms.told(row)) == 2
    with pytest.raises(Invalid, match="Say why"):
        rooms.decide(row, SuggestionState.DECLINED)
    done = AuditEntry.objects.filter(object_kind="suggestion").values_list("action", flat=True)
    assert list(done) == ["suggestion.decided"] * 3


def test_who_does_not_want_to_be_mentioned_or_has_left_is_left_alone(rooms):
    from qunce.chat.types import MemberLeft, Sender

    quiet, gone = rooms.say("建议：每周办一次共读"), rooms.say("建议：换个时间", by="@li", name="李四")
    Member.objects.filter(identities=quiet.identity_id).update(muted_at=clock.now())
    support.live(rooms.account, MemberLeft("!a", Sender("@li", "李四"), clock.now()))
    for row in (quiet, gone):
        rooms.decide(row, SuggestionState.DONE)
        assert rooms.told(row) == []


def test_all_who_have_suggested_it_are_told(rooms):
    first = rooms.say("建议：每周办一次共读")
    other = rooms.say("建议：多办共读", by="@li", name="李四", room="!b")
    actions.merge_suggestions(actor=rooms.operator, suggestion_id=other.pk, into=first.pk)
    rooms.decide(first, SuggestionState.DONE)
    replies = Delivery.objects.filter(purpose=Purpose.SERVICE)
    assert {each.reply_to for each in replies} == {first.external_id, other.external_id}
    with pytest.raises(Conflict, match="beneath another"):
        rooms.decide(other, SuggestionState.DONE)
    with pytest.raises(Conflict):
        actions.merge_suggestions(actor=rooms.operator, suggestion_id=first.pk, into=other.pk)
    back = actions.separate_suggestion(actor=rooms.operator, suggestion_id=other.pk)
    assert (back.same_as, back.state) == (None, SuggestionState.DONE)


def test_one_person_is_one_voice_however_often(rooms):
    first, again = rooms.say("建议：每周办一次共读"), rooms.say("建议：多办共读")
    actions.merge_suggestions(actor=rooms.operator, suggestion_id=again.pk, into=first.pk)
    assert len(selectors.voices([first.pk])[first.pk]) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_does(rooms):
    row = rooms.say("建议：每周办一次共读")
    barrier, outcomes = Barrier(2), []

    def decide(state):
        try:
            barrier.wait()
            actions.decide_suggestion(actor=SYSTEM, suggestion_id=row.pk, edition=1, state=state)
            outcomes.append(state)
        except Conflict:
            outcomes.append(None)
        finally:
            connection.close()

    both = [Thread(target=decide, args=[state]) for state in (SuggestionState.DONE, SuggestionState.PLANNED)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    row.refresh_from_db()
    assert sorted(outcomes, key=str) == sorted([None, row.state], key=str)
    assert len(rooms.told(row)) == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_said_at_once_by_two_is_one_with_two_voices(rooms):
    barrier = Barrier(2)
    rooms.say("大家好")
    rooms.say("大家好", by="@li", name="李四")
    keys = list(Identity.objects.filter(external_id__in=["@zhang", "@li"]).values_list("pk", flat=True))

    def enter(identity_id):
        from django.db import transaction

        from qunce.content.types import HeardSuggestion

        try:
            barrier.wait()
            with transaction.atomic():
                heard = HeardSuggestion(
                    rooms.home.pk, rooms.group.pk, f"$x{identity_id}", clock.now(), identity_id, "某人", "换个时间"
                )
                actions.hear(heard=[heard])
        finally:
            connection.close()

    both = [Thread(target=enter, args=[key]) for key in keys]
    for each in both:
        each.start()
    for each in both:
        each.join()
    first = Suggestion.objects.get(same_as=None)
    assert first.others.count() == 1


# ------------------------------------------------------------------ the board
def test_the_board_counts_filters_and_shows_to_each_what_they_may_see(rooms):
    one, two = rooms.say("建议：每周办一次共读"), rooms.say("建议：换个时间", by="@li", name="李四")
    rooms.decide(two, SuggestionState.DONE)
    assert list(selectors.board(rooms.operator, SuggestionFilter(text="共读"))) == [one]
    assert list(selectors.board(rooms.operator, SuggestionFilter(state=SuggestionState.DONE))) == [two]
    counts = selectors.state_counts(rooms.operator, SuggestionFilter(state=SuggestionState.DONE))
    assert (counts[SuggestionState.NEW], counts[SuggestionState.DONE]) == (1, 1)
    stranger = world.actor(world.member_of_staff(roles={world.a_community().pk: Role.OWNER}))
    assert not selectors.board(stranger, SuggestionFilter())
    with pytest.raises(NotFound):
        selectors.suggestion(stranger, one.pk)
    for person in world.everyone(rooms.home.pk).values():
        actor = world.actor(person)
        if not actor.may(Permission.OPERATE, rooms.home.pk):
            with pytest.raises(NotAllowed):
                actions.merge_suggestions(actor=actor, suggestion_id=one.pk, into=two.pk)


def test_the_team_enters_one_from_a_message(rooms):
    rooms.say("能不能周末也答疑呀")
    said = Message.objects.get()
    key = (said.group_id, said.sent_at, said.id)
    agent = world.actor(world.member_of_staff(roles={rooms.home.pk: Role.SERVICE}))
    row = actions.enter_suggestion(actor=agent, community_id=None, text=said.text, message=key)
    assert (row.name, row.community, row.external_id) == ("张三", rooms.home, said.external_id)
    with pytest.raises(Conflict, match="already"):
        actions.enter_suggestion(actor=agent, community_id=None, text="别的说法", message=key)
    viewer = world.actor(world.member_of_staff(roles={rooms.home.pk: Role.VIEWER}))
    with pytest.raises(NotAllowed):
        actions.enter_suggestion(actor=viewer, community_id=rooms.home.pk, text="加个群")


def test_the_thanks_of_a_month_name_who_suggested_what_was_done(rooms):
    one, two = rooms.say("建议：每周办一次共读"), rooms.say("建议：换个时间", by="@li", name="李四")
    rooms.say("建议：别的", by="@wang", name="王五")
    assert selectors.last_carried_out(rooms.operator) is None
    for row in (one, two):
        rooms.decide(row, SuggestionState.DONE)
    assert selectors.last_carried_out(rooms.operator) == rooms.home.pk
    Member.objects.filter(identities=two.identity_id).update(muted_at=clock.now())
    today = clock.today(rooms.home.zone)
    assert selectors.thanks(rooms.home.pk, today, "en") == "· 张三: 每周办一次共读\n· somebody of us: 换个时间"
    assert selectors.thanks(rooms.home.pk, today - timedelta(days=40), "en") == ""


def test_playbooks_say_the_thanks_of_the_month():
    from tests.steps.bench import START, Bench

    bench = Bench()
    bench.say("建议：每周办一次共读", at=START)
    row = Suggestion.objects.get()
    with clock.at(START):
        actions.decide_suggestion(
            actor=SYSTEM, suggestion_id=row.pk, edition=1, state=SuggestionState.DONE, tells=False
        )
    bench.begin([{"id": "it", "do": "send", "with_": {"text": "本月致谢\n{建议.致谢}"}}])
    bench.go()
    title, line = bench.said()[-1].split("\n")
    assert title == "本月致谢"
    assert line.startswith("· 张三")
    assert line.endswith("每周办一次共读")


# ------------------------------------------------------------------ the member's own page
@pytest.fixture
def visit(rooms):
    rooms.say("建议：每周办一次共读")
    member = Member.objects.get(identities__external_id="@zhang")
    path = members.make_link(actor=SYSTEM, member_id=member.pk, community_id=rooms.home.pk)
    client = Client()
    answer = client.post(reverse("memberpages:enter_now"), {"token": path.rstrip("/").rpartition("/")[2]})
    return client, answer["Location"].rstrip("/").rpartition("/")[2]


def test_a_member_suggests_on_their_own_page_and_sees_what_became_of_it(rooms, visit):
    client, ref = visit
    address = reverse("memberpages:suggestions", args=[ref])
    rooms.decide(Suggestion.objects.get(), SuggestionState.DONE, "<b>周五</b>见")
    shown = client.get(address).content.decode()
    assert "每周办一次共读" in shown
    assert "&lt;b&gt;周五&lt;/b&gt;见" in shown
    assert client.post(address, {"text": "开个摄影角"}).status_code == 302
    row = Suggestion.objects.get(text="开个摄影角")
    assert (row.name, row.group_id) == ("张三", None)
    again = client.post(address, {"text": "开个摄影角"}).content.decode()
    assert "already" in again
    assert "Write what is suggested" in client.post(address, {"text": " "}).content.decode()
    for n in range(20):
        client.post(address, {"text": f"点子 {n}"})
    assert Suggestion.objects.filter(member_id=row.member_id).count() == 10
