"""Two groups with people in them, a playbook at work there by the engine, and a wire that takes what is planned."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from qunce.chat import actions as chat
from qunce.chat.actions.outcomes import Outcome
from qunce.chat.models import Delivery
from qunce.chat.types import DeliveryState, MemberJoined, Selection, Sender
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.kernel.events import deliver_pending
from qunce.members.models import Identity
from qunce.playbooks import actions
from qunce.playbooks.models import Execution, Track
from qunce.playbooks.types import Document
from tests.chat import support

START = datetime(2026, 11, 20, 1, tzinfo=UTC)  # 9 o'clock in Shanghai, a Friday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAMES = ("张三", "李四", "王五")


class Bench:
    """``groups``: by room, two of them; 张三, 李四 and 王五 are in the first, 张三 alone in the second."""

    def __init__(self, platform="sandbox", zone="Asia/Shanghai"):
        with clock.at(START - 3 * DAY):
            more = {"state": "working"} if platform != "sandbox" else {}
            self.account = support.account(platform, **more)
            self.groups = support.adopted(self.account, "!a", "!b", zone=zone)
            self.live(
                *(MemberJoined("!a", Sender(f"@{name}", name), START - 2 * DAY) for name in NAMES),
                MemberJoined("!b", Sender("@张三", "张三"), START - 2 * DAY),
                MemberJoined("!a", Sender("@bot", "Bot", is_bot=True), START - 2 * DAY),
            )
        self.home_id = support.Group.objects.get(pk=self.groups["!a"].pk).community_id
        self.epoch = support.lease(self.account)

    def live(self, *events):
        return support.live(self.account, *events)

    def say(self, text, *, by="张三", at, room="!a"):
        with clock.at(at):
            self.live(support.said(room, text, by=f"@{by}", name=by, at=at))

    def member(self, name="张三"):
        return Identity.objects.get(external_id=f"@{name}").member

    def publish(self, steps, **more):
        written = Document.model_validate(
            {"key": f"book-{uuid4().hex[:8]}", "title": "读书七日", "steps": steps, **more}
        )
        row = actions.create_playbook(actor=SYSTEM, document=written, community_id=self.home_id)
        actions.publish(actor=SYSTEM, playbook_id=row.pk, edition=1)
        return row

    def begin(self, steps, *, rooms=("!a",), actor=SYSTEM, values=None, **more):
        with clock.at(START):
            row = self.publish(steps, **more)
            self.run = actions.begin_run(
                actor=actor,
                playbook_id=row.pk,
                selection=Selection(group_ids=tuple(self.groups[room].pk for room in rooms)),
                submission=uuid4(),
                values=values,
            )
        return self.run

    def go(self, at=START):
        with clock.at(at):
            deliver_pending()
            actions.look_for_starts()
            while actions.advance():
                pass

    def deliver(self, at=START):
        """The wire takes what is due; returns what was said, or is to be done."""
        with clock.at(at):
            claimed = chat.claim(account_id=self.account.pk, epoch=self._lease(), limit=1000)
            sent = [
                Outcome(one.id, DeliveryState.SENT, external_id=f"$s{one.id.hex[:8]}", sent_at=at) for one in claimed
            ]
            chat.settle(account_id=self.account.pk, epoch=self.epoch, outcomes=sent)
        return claimed

    def _lease(self):
        support.Lease.objects.filter(account=self.account).update(until=clock.now() + DAY)
        return self.epoch

    def said(self):
        return [
            support_text(row) for row in Delivery.objects.filter(operation__isnull=True).order_by("created_at", "pk")
        ]

    def tracks(self):
        return list(Track.objects.filter(run=self.run).order_by("group_id", "member_id"))

    def executions(self, step="it"):
        return list(Execution.objects.filter(run_id=self.run.pk, step=step).order_by("pk"))


def support_text(row):
    from qunce.chat.types import Content

    return Content.from_json(row.content).plain
