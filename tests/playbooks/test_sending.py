"""What playbooks say: filled in, with files and mentions, fitted to the platform; what cannot be said fails."""

import pytest

from qunce.chat.models import Delivery
from qunce.chat.types import Content, Media
from qunce.community.models import Group
from qunce.kernel import files
from qunce.kernel.actor import Role
from qunce.playbooks import actions
from qunce.playbooks.actions.sending import NOTHING_TO_SAY
from qunce.playbooks.models import Track
from tests.playbooks import support
from tests.steps.bench import HOUR, START, Bench
from tests.support import world
from tests.support.world import PNG

pytestmark = pytest.mark.django_db


def sends(**fields):
    return [{"id": "it", "do": "send", "with_": fields}]


def begun(*, platform="sandbox", steps=None, **fields):
    bench = Bench(platform)
    bench.begin(steps or sends(**fields))
    bench.go()
    return bench


def test_a_picture_goes_along_and_everybody_is_called():
    stored = files.put(PNG, name="poster.png", content_type="image/png")
    begun(text="今晚八点", file=stored.sha256, mention="everybody")
    content = Content.from_json(Delivery.objects.get().content)
    assert content.plain.startswith("@")
    assert content.plain.endswith(" 今晚八点[poster.png]")
    assert [part.kind for part in content.parts if isinstance(part, Media)] == ["image"]


def test_a_file_that_is_gone_fails_the_step_and_sends_nothing():
    bench = begun(text="看海报", file="0" * 64)
    assert not Delivery.objects.exists()
    assert [each.detail for each in bench.executions()] == ["The file of this step is not stored here any more."]
    assert Track.objects.get().state == "failed"


def test_what_is_longer_than_the_platform_takes_is_not_sent():
    bench = begun(text="长" * 4000, steps=None, mention="everybody")
    assert [each.detail for each in bench.executions()] == ["The text is longer than its platform takes."]


def test_a_group_without_an_account_of_ours_fails_with_the_reason():
    bench = Bench()
    bench.account.seats.update(left_at=START)
    bench.begin(sends(text="你好"))
    bench.go()
    assert [each.detail for each in bench.executions()] == ["None of our accounts is in this group any more."]


def test_members_are_counted_where_the_platform_does_not_say():
    bench = Bench()
    Group.objects.update(member_count=None)
    bench.begin(sends(text="我们 {members} 人"))
    bench.go()
    assert bench.said() == ["我们 3 人"]


def test_braces_in_names_and_answers_stay_as_they_are():
    bench = Bench()
    steps = [
        {"id": "ask", "do": "ask", "with_": {"text": "叫什么？", "for": "1h"}},
        {"id": "it", "do": "send", "with_": {"text": "{ask.answers} {{括号}}"}},
    ]
    bench.begin(steps)
    bench.go()
    bench.deliver()
    bench.say("{group}", at=START + HOUR / 2)
    bench.go(START + HOUR)
    assert bench.said()[1:] == ["张三: {group} {括号}"]


def test_answers_of_a_question_that_was_never_asked_are_nothing():
    nobody = [["platform", {"platform": "telegram"}]]
    steps = [
        {"id": "ask", "do": "ask", "only_if": nobody, "with_": {"text": "叫什么？"}},
        {"id": "it", "do": "send", "with_": {"text": "收到 {ask.count} 份{ask.names}"}},
    ]
    assert begun(steps=steps).said() == ["收到 0 份"]


ASKED = {"id": "ask", "do": "ask", "with_": {"text": "谁来？", "for": "1h"}}


def after_an_hour(*, speaks=False, **fields):
    """What the group hears when the hour to answer is over."""
    bench = Bench()
    bench.begin([ASKED, {"id": "it", "do": "send", "with_": fields}])
    bench.go()
    bench.deliver()
    if speaks:
        bench.say("我来", at=START + HOUR / 2)
    bench.go(START + HOUR)
    return bench


def test_a_line_that_names_nobody_is_left_out():
    text = "时间到。\n真好：{ask.names}。"
    assert after_an_hour(text=text, speaks=True).said()[1:] == ["时间到。\n真好：张三。"]


def test_without_anybody_to_name_the_rest_is_said():
    assert after_an_hour(text="时间到。\n真好：{ask.names}。").said()[1:] == ["时间到。"]


@pytest.mark.parametrize("mention", ["", "everybody"])
def test_where_nothing_is_left_to_say_the_step_is_left_out(mention):
    bench = after_an_hour(text="真好：{ask.names}。", mention=mention)
    assert len(bench.said()) == 1
    assert [(each.state, each.detail) for each in bench.executions()] == [("skipped", NOTHING_TO_SAY)]
    assert Track.objects.get().state == "done"


@pytest.mark.usefixtures("kinds")
def test_many_groups_cost_no_more_statements_than_one(django_assert_max_num_queries):
    starter = world.actor(world.member_of_staff(everywhere=Role.OPERATOR))
    run = support.begun(
        support.groups(12), {"id": "it", "do": "send", "with_": {"text": "{staff}：{group}"}}, actor=starter
    )
    actions.look_for_starts()
    with django_assert_max_num_queries(20):
        assert actions.advance(run_ids=[run.pk]) == 12
    texts = [row.content[0]["text"] for row in Delivery.objects.all()]
    assert len(set(texts)) == 12
    assert all(text.startswith(starter.name) for text in texts)
