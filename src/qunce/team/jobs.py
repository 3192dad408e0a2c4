"""Background jobs of the team context: its clock."""

from procrastinate.contrib.django import app

from qunce.team import actions
from qunce.team.actions.notifications import NOTIFY


@app.task(name=NOTIFY, queueing_lock=NOTIFY)
def notify() -> None:
    """Send what waits for staff."""
    actions.send_notifications()
    actions.send_mails()


@app.periodic(cron="* * * * * */20")
@app.task(name="team.tick", queueing_lock="team.tick")
def tick(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Remind, expire, and send what quiet hours, a full minute or a mail server had held up."""
    actions.remind_of_tasks()
    actions.expire_approvals()
    actions.send_notifications()
    actions.send_mails()
