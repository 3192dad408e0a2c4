"""Reads of accounts on platforms: who is behind them."""

from collections.abc import Collection

from qunce.members.models import Identity


def members_of_accounts(platform: str, external_ids: Collection[str]) -> dict[str, int]:
    """The members behind accounts of a platform, as they are after merges, by the account's id there. No guard."""
    rows = Identity.objects.filter(platform=platform, external_id__among=external_ids)
    return dict(rows.values_list("external_id", "member"))


def identities_of_accounts(platform: str, external_ids: Collection[str]) -> list[int]:
    """The identities that these accounts of a platform are, those that are known. No guard."""
    rows = Identity.objects.filter(platform=platform, external_id__among=external_ids)
    return sorted(rows.values_list("pk", flat=True))
