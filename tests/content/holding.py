"""A group that holds sessions by words, and what its members and the team do with them."""

from datetime import timedelta

from qunce.chat.models import Delivery
from qunce.content import actions
from qunce.content.models import Consent, Item, Session
from qunce.content.selectors import sessions as reads
from qunce.content.types import Outlet
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.kernel.events import deliver_pending
from tests.chat.support import said
from tests.steps.bench import START

MINUTE = timedelta(minutes=1)
TALK = (
    (1, "李四", "今天聊聊怎么把读书笔记变成文章，我做了三年。"),
    (2, "李四", "第一步，每条笔记只写一件事，用自己的话写。"),
    (3, "张三", "666"),
    (4, "李四", "第二步，每周日把笔记摊开，排个顺序就能动笔。现在可以提问了"),
    (6, "张三", "笔记用纸写还是用软件写比较好？"),
    (7, "李四", "@张三 都可以，我用纸写笔记，因为慢一点更容易想明白。"),
)


def group_of(bench):
    return bench.groups["!a"].pk


def at(minutes):
    return START + minutes * MINUTE


def talk(bench, lines=TALK):
    for minute, name, text in lines:
        bench.say(text, by=name, at=at(minute))


def hold(bench, *, begin="分享开始 《读书笔记变文章》", lines=TALK, end="分享结束"):
    """A session from words to draft."""
    bench.say(begin, by="王五", at=START)
    talk(bench, lines)
    bench.say(end, by="王五", at=at(20))
    settle(20)
    return Session.objects.latest("pk")


def settle(minute):
    with clock.at(at(minute)):
        deliver_pending()


def drafted(session):
    session.refresh_from_db()
    return reads.draft_of(session)


def texts(session, role=None):
    return [each.text for each in drafted(session).kept if role in {None, each.role}]


def ask(bench, session, outlet=Outlet.SITE, minute=21):
    with clock.at(at(minute)):
        count = actions.ask_authors(actor=SYSTEM, session_id=session.pk, outlet=outlet)
    bench.deliver(at(minute))
    return count


def asking(session):
    key = Consent.objects.filter(session=session).exclude(asked_key="").latest("pk").asked_key
    return Delivery.objects.get(key=key)


def answer(bench, name, text, *, minute, session=None):
    reply = {"reply_to": asking(session).external_id} if session else {}
    with clock.at(at(minute)):
        bench.live(said("!a", text, by=f"@{name}", name=name, at=at(minute), **reply))


def state_of(bench, name):
    return Consent.objects.filter(identity_id=bench.member(name).identities.get().pk).latest("pk").state


def publish(session, outlet=Outlet.SITE, minute=40, actor=SYSTEM):
    with clock.at(at(minute)):
        return actions.publish_session(actor=actor, session_id=session.pk, outlet=outlet)


def body(session):
    session.refresh_from_db()
    return Item.objects.get(pk=session.item_id).published.document["body"]
