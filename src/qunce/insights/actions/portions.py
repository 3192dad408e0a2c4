"""What each import has stored and found: so that nothing is doubled, and nothing taken back that is another's."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from qunce.chat import actions as chat
from qunce.chat.actions import Claim, Comparison, Ingested
from qunce.chat.policies import Ranges, within
from qunce.insights.importer import Importer, importers
from qunce.insights.models import Import, ImportedPortion, ImportedStay
from qunce.insights.types import ImportState
from qunce.members.types import StayChange


def comparison(run: Import, kind: Importer) -> Comparison:
    """How what this import reads is compared with what its group holds by now."""
    ranges = _ranges(run.group_id)
    foreign = [key for key, made_by in _importers(run.group_id).items() if key != run.pk and not _own_ids(made_by)]
    return Comparison(
        own_ids=kind.own_ids,
        by_name=kind.by_name,
        coarse=kind.coarse,
        mine=ranges.get(run.pk, []),
        others=sorted(each for key in foreign for each in ranges.get(key, [])),
        imported=sorted(each for key, told in ranges.items() if key != run.pk for each in told),
        claims=lambda since, until: list(_claims([run.pk], run.group_id, since, until)),
    )


def note(run: Import, recorded: Ingested) -> None:
    """Keep what one portion of an import has stored and found. In the caller's transaction."""
    times = [at for _group, at, _id in recorded.keys]
    ids = sorted(key for _group, _at, key in recorded.keys)
    found = [claim.key[1] for claim in recorded.claims]
    if times or found:
        ImportedPortion.objects.create(
            of=run,
            group_id=run.group_id,
            first_id=ids[0] if ids else None,
            last_id=ids[-1] if ids else None,
            since=min([*times, *found]),
            until=max([*times, *found]),
            claimed_at=found,
            claimed=[claim.key[2] for claim in recorded.claims],
            told_as=[claim.told_as for claim in recorded.claims],
        )
    told = [(turn, False) for turn in recorded.turns] + [(turn, True) for turn in recorded.told_again]
    ImportedStay.objects.bulk_create(
        ImportedStay(
            of=run, identity_id=turn.identity_id, joined=turn.joined, at=turn.at, opened=turn.opened, known=known
        )
        for turn, known in told
    )


# ------------------------------------------------------------------ taken back
def take_back_messages(run: Import) -> None:
    """Remove an import's messages, but for those that another one claims; and those that it alone still claims."""
    reach = ImportedPortion.objects.filter(of=run).order_by("since")
    first, last = reach.first(), reach.order_by("-until").first()
    others = [key for key in _importers(run.group_id, there=True) if key != run.pk]
    ranges = _ranges(run.group_id)
    theirs = sorted(each for key in others for each in ranges.get(key, []))

    def left(since: datetime, until: datetime) -> list[UUID]:
        claims = (claim.key[2] for claim in _claims([run.pk], run.group_id, since, until))
        return [key for key in claims if not within(key, theirs)]

    chat.remove_history(
        group_id=run.group_id,
        brought=ranges.get(run.pk, []),
        since=first.since if first else run.created_at,
        until=last.until if last else run.created_at,
        also=left,
        spared=lambda since, until: [claim.key[2] for claim in _claims(others, run.group_id, since, until)],
    )


def passed_on(run: Import, rows: Sequence[ImportedStay]) -> Iterator[ImportedStay]:
    """Those of an import's stays that nobody else tells; the others are from now on whoever's tells them too."""
    others = ImportedStay.objects.filter(
        known=True, of__group_id=run.group_id, identity_id__among={row.identity_id for row in rows}
    ).exclude(of=run)
    heirs: dict[tuple[int, bool, datetime | None], ImportedStay] = {}
    for row in others.exclude(of__state=ImportState.UNDONE).order_by("-pk"):
        heirs[row.identity_id, row.joined, row.at] = row
    for row in rows:
        heir = heirs.pop((row.identity_id, row.joined, row.at), None)
        if heir is None:
            yield row
        else:
            heir.known, heir.opened = False, row.opened
            heir.save(update_fields=["known", "opened"])


def taken_back(rows: Iterable[ImportedStay], group_id: int) -> list[StayChange]:
    """The stays as chat and members know them."""
    return [StayChange(group_id, row.identity_id, row.joined, row.at, opened=row.opened) for row in rows]


# ------------------------------------------------------------------ what is kept
def _importers(group_id: int, *, there: bool = False) -> dict[int, str]:
    """The imports into a group, by id; ``there``: those alone that were not taken back."""
    found = Import.objects.filter(group_id=group_id)
    return dict((found.exclude(state=ImportState.UNDONE) if there else found).values_list("pk", "importer"))


def _own_ids(key: str) -> bool:
    kind = importers.get(key)
    return kind is not None and kind.own_ids


def _ranges(group_id: int) -> dict[int, Ranges]:
    """By import, the ids between which its messages lie, in order; what was stored in a row is one range."""
    rows = ImportedPortion.objects.filter(group_id=group_id, first_id__isnull=False).order_by("first_id")
    found: dict[int, list[tuple[UUID, UUID]]] = defaultdict(list)
    before = None
    for of_id, first, last in rows.values_list("of_id", "first_id", "last_id"):
        if first is None or last is None:
            continue
        if of_id == before:
            found[of_id][-1] = (found[of_id][-1][0], last)
        else:
            found[of_id].append((first, last))
        before = of_id
    return dict(found)


def _claims(of: Sequence[int], group_id: int, since: datetime, until: datetime) -> Iterator[Claim]:
    """What imports have found in a group, of what was sent between two moments."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.at, c.id, c.told_as FROM insights_importedportion p,"
            " unnest(p.claimed_at, p.claimed, p.told_as) AS c(at, id, told_as)"
            " WHERE p.of_id = ANY(%s) AND p.since <= %s AND p.until >= %s AND c.at BETWEEN %s AND %s",
            [list(of), until, since, since, until],
        )
        for at, key, told_as in cursor.fetchall():
            yield Claim((group_id, at, key), told_as)
