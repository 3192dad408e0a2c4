"""What the pages of briefs, feeds and suggestions are asked for."""

from qunce.chat.types import EVERY_DAY, Selection
from qunce.content import actions as content
from qunce.content.types import PlanWish
from qunce.kernel.actor import SYSTEM


def some_briefs(home):
    """A feed, a plan with a brief that can be edited, one that rests with a pick, and suggestions."""
    feed = content.add_feed(actor=SYSTEM, url="https://example.org/rss", title="新知", community_id=home.pk)
    wish = PlanWish(name="晨间简报", selection=Selection(everywhere=True), weekdays=EVERY_DAY, opens=48)
    plan, resting = (content.make_plan(actor=SYSTEM, community_id=home.pk, wish=wish) for _n in range(2))
    content.rest_plan(actor=SYSTEM, plan_id=resting.pk, rests=True)
    content.keep_briefs()
    pick = content.pick(actor=SYSTEM, plan_id=resting.pk, line=content.own_line(title="值得一看"))
    made = [
        content.enter_suggestion(actor=SYSTEM, community_id=home.pk, text=text, name=text)
        for text in ("多办共读", "换个时间", "换时间")
    ]
    content.merge_suggestions(actor=SYSTEM, suggestion_id=made[2].pk, into=made[1].pk)
    return {
        "feed": feed.pk,
        "brief_plan": plan.pk,
        "brief": plan.briefs.order_by("day").first().pk,
        "pick": pick.pk,
        "suggestion": made[0].pk,
        "other_suggestion": made[1].pk,
        "same_suggestion": made[2].pk,
    }
