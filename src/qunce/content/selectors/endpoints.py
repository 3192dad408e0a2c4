"""Reads of the endpoint that writes: how it is set up, what it was used, and who lets texts go there."""

from qunce.community import selectors as community
from qunce.content.models import Endpoint, EndpointConsent, EndpointUse
from qunce.content.types import EndpointView
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission


def endpoint(actor: Actor) -> EndpointView | None:
    """How it is set up; None: it is not. For those who administer the installation."""
    actor.require(Permission.ADMINISTER)
    row = Endpoint.objects.first()
    if row is None:
        return None
    used = EndpointUse.objects.filter(day=clock.today("UTC")).first()
    return EndpointView(
        row.url,
        row.model,
        bool(row.secrets),
        row.timeout,
        row.calls_per_day,
        row.tokens_per_day,
        row.changed_by_name,
        row.changed_at,
        used.calls if used else 0,
        used.tokens if used else 0,
    )


def there_is_an_endpoint() -> bool:
    """Whether one is set up at all. No guard: it says nothing of where."""
    return Endpoint.objects.exists()


def may_leave(community_id: int) -> bool:
    """Whether a community's texts may be sent to the endpoint that there is. No guard: for what runs."""
    return there_is_an_endpoint() and EndpointConsent.objects.filter(community_id=community_id).exists()


def consents(actor: Actor) -> list[tuple[community.Community, EndpointConsent | None]]:
    """The communities that the actor administers, each with its consent, if there is one."""
    allowed = actor.communities(Permission.ADMINISTER)
    homes = [home for home in community.visible_communities(actor) if allowed is None or home.pk in allowed]
    given = {row.community_id: row for row in EndpointConsent.objects.filter(community_id__in=[h.pk for h in homes])}
    return [(home, given.get(home.pk)) for home in homes]
