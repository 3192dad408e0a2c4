"""A digest with one line, the plan of others, and an endpoint that nobody serves: what pages are asked for."""

from qunce.content import actions as content
from qunce.insights.actions import digests
from qunce.insights.models import Digest
from qunce.insights.types import DigestDocument, DigestLine, LineKind
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM


def a_digest(home, message):
    """The ids of a digest of the message's group, and of a plan."""
    plan = digests.plan_digests(
        actor=SYSTEM, community_id=home.pk, rhythm="weekly", hour=8, language="en", channel="page"
    )
    line = DigestLine(LineKind.NOTICE, [(message.group_id, message.sent_at, message.id)])
    today = clock.today("UTC")
    row = Digest.objects.create(
        community_id=home.pk,
        group_id=message.group_id,
        first=today,
        last=today,
        language="en",
        state="kept",
        content=DigestDocument([line]).to_json(),
        edition=1,
        messages=1,
        asked_at=clock.now(),
        made_at=clock.now(),
    )
    content.set_endpoint(actor=SYSTEM, url="http://127.0.0.1:9/v1", model="m", key=None, timeout=1)
    return {"digest": row.pk, "digest plan": plan.pk}
