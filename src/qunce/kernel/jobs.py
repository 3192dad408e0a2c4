"""Background jobs of the kernel."""

from procrastinate.contrib.django import app

from qunce.kernel import events


@app.task(name=events.DELIVER, queueing_lock=events.DELIVER, lock=events.DELIVER)
def deliver_events() -> None:
    """Hand out stored events; goes on as long as there is progress."""
    while events.deliver_pending():
        pass


@app.periodic(cron="* * * * * */20")
@app.task(name="kernel.deliver_leftover_events", queueing_lock="kernel.deliver_leftover_events")
def deliver_leftover_events(timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Retry failed handlers, and deliver what a crash left between commit and wake-up."""
    events.deliver_pending()
