"""One stream per page: the names of what has changed, as far as the viewer may see it."""

from collections.abc import AsyncIterator, Callable, Iterable

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import StreamingHttpResponse
from django.urls import path

from qunce.console.context import StaffRequest
from qunce.kernel import clock, live
from qunce.kernel.actor import Actor
from qunce.kernel.errors import NotFound

MOST_TOPICS = 50
LONGEST = 600  # seconds; the page comes back by itself, and its rights are looked at anew
OLDEST = 86_400.0
Guard = Callable[[Actor, str], bool]
_guards: dict[str, Guard] = {}


def topic(prefix: str) -> Callable[[Guard], Guard]:
    """Register who may follow topics ``<prefix>:<key>``: a function of the actor and the key."""

    def register(guard: Guard) -> Guard:
        _guards[prefix] = guard
        return guard

    return register


def may_follow(actor: Actor, name: str) -> bool:
    """Whether the actor may learn that this topic changed."""
    prefix, _colon, key = name.partition(":")
    guard = _guards.get(prefix)
    return guard is not None and guard(actor, key)


def _allowed(actor: Actor, names: Iterable[str]) -> list[str]:
    try:
        return [name for name in names if may_follow(actor, name)]
    finally:
        if not connection.in_atomic_block:
            connection.close()  # an open stream would otherwise keep it for as long as somebody looks at the page


async def _frames(topics: list[str], age: float) -> AsyncIterator[str]:
    started = clock.now()
    async for name in live.listen(topics, age=age):
        yield f"event: touched\ndata: {name}\n\n" if name else "event: listening\ndata: on\n\n"
        if (clock.now() - started).total_seconds() > LONGEST:
            return


def _age(request: StaffRequest) -> float:
    """How many seconds ago the page read what it shows; what cannot be read counts as very long ago."""
    try:
        age = float(request.GET.get("age", "0"))
    except ValueError:
        return OLDEST
    return min(age, OLDEST) if age >= 0 else OLDEST


async def stream(request: StaffRequest) -> StreamingHttpResponse:
    """``?topics=group:1,broadcast:2&age=1.5``: an event ``touched`` with the topic's name whenever one changes.

    ``listening`` says that from here on nothing is missed; topics that may have been touched while the page of that
    age was on its way, or was not listening, come right after it.
    """
    age = _age(request)
    asked = [name for name in request.GET.get("topics", "").split(",") if name][:MOST_TOPICS]
    topics = await sync_to_async(_allowed)(request.actor, asked)
    if not topics:
        raise NotFound
    response = StreamingHttpResponse(_frames(topics, age), content_type="text/event-stream")
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"
    return response


urlpatterns = [path("live/", stream, name="live")]
