"""Short addresses for what a broadcast links to, and counting who follows them. No cookie, no person: a number."""

import secrets
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from qunce.chat import policies
from qunce.chat.models import Link
from qunce.chat.selectors import links
from qunce.chat.selectors.targets import TOKEN_LENGTH, short_address
from qunce.chat.types import Content
from qunce.kernel import clock, live

_SIGNS = "23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"  # none that are taken for one another


def shorten(*, broadcast_id: int, contents: Sequence[tuple[UUID, Content]]) -> list[Content]:
    """The contents of deliveries with short addresses of their own, in the caller's transaction; one statement."""
    made: list[tuple[str, UUID, str]] = []

    def short(delivery_id: UUID, url: str) -> str:
        token = "".join(secrets.choice(_SIGNS) for _ in range(TOKEN_LENGTH))
        made.append((token, delivery_id, url))
        return short_address(token)

    linked = [policies.relinked(content, partial(short, key)) for key, content in contents]
    if made:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO chat_link (token, broadcast_id, delivery_id, url, clicks)"
                " SELECT l.token, %s, l.delivery_id, l.url, 0"
                " FROM unnest(%s::text[], %s::uuid[], %s::text[]) AS l(token, delivery_id, url)",
                [broadcast_id, *(list(column) for column in zip(*made, strict=True))],
            )
    return linked


def follow_link(*, token: str, user_agent: str) -> str:
    """Where a short address leads; counted unless a program asked. Raises NotFound."""
    link = links.link(token)
    if not policies.is_machine(user_agent):
        with transaction.atomic():
            Link.objects.filter(pk=token).update(clicks=F("clicks") + 1, clicked_at=clock.now())
            live.touch(f"broadcast:{link.broadcast_id}")
    return link.url
