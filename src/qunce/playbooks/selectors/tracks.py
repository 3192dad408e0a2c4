"""Reads of tracks: boards of runs, the playbooks of a group or member, what was carried out."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from qunce.community import selectors as community
from qunce.kernel import paging
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound
from qunce.kernel.paging import Slice
from qunce.members import selectors as members
from qunce.members.types import MemberFilter
from qunce.playbooks.models import Execution, Run, Track
from qunce.playbooks.selectors.playbooks import compiled
from qunce.playbooks.selectors.runs import run as one_run
from qunce.playbooks.types import Audience, StepSpec, TrackState


@dataclass(frozen=True, slots=True)
class TrackFilter:
    """Which tracks of a run are looked for; what is None or empty does not restrict.

    ``text``: in the group's name, or as members are found.
    """

    states: tuple[TrackState, ...] = ()
    group_id: int | None = None
    member_id: int | None = None
    step: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A target on a board: where its track stands, and what was carried out, by step id (the latest turn)."""

    track: Track
    group: str
    member: str
    executions: dict[str, Execution]

    @property
    def name(self) -> str:
        """The target, as a person names it."""
        return self.member or self.group


@dataclass(frozen=True, slots=True)
class Board:
    """A page of a run's targets beside the steps of its version, in their order; ``levels``: how deep each stands."""

    run: Run
    steps: tuple[StepSpec, ...]
    levels: dict[str, int]
    rows: Slice[Track]
    targets: tuple[Row, ...]


def visible_tracks(actor: Actor, permission: Permission = Permission.VIEW) -> QuerySet[Track]:
    """Tracks in groups in which the actor holds ``permission``, with their run and its playbook."""
    groups = community.visible_groups(actor, permission).order_by().values("pk")
    return Track.objects.filter(group_id__in=groups).select_related("run__playbook", "version")


def board(actor: Actor, run_id: int, wanted: TrackFilter | None = None, *, cursor: str = "", size: int = 50) -> Board:
    """Targets × steps of a run, a page of them; a handful of statements."""
    row = one_run(actor, run_id)
    wanted = wanted or TrackFilter()
    page = paging.by_key(_found(actor, row, wanted), key=("id",), cursor=cursor, size=size, rising=True)
    version = compiled(row.version_id)
    return Board(row, tuple(version.walk.steps.values()), version.walk.level, page, tuple(_rows(page.items)))


def _found(actor: Actor, row: Run, wanted: TrackFilter) -> QuerySet[Track]:
    limits = {
        "group_id": wanted.group_id,
        "member_id": wanted.member_id,
        "step": wanted.step or None,
        "state__in": wanted.states or None,
    }
    found = Track.objects.filter(run=row, **{name: limit for name, limit in limits.items() if limit is not None})
    if not wanted.text:
        return found
    named = Q(
        group_id__in=community.visible_groups(actor).order_by().filter(name__icontains=wanted.text).values("pk")
    )
    if follows_members(row):
        people, _key = members.find_members(actor, MemberFilter(text=wanted.text))
        named |= Q(member_id__in=people.order_by().values("pk"))
    return found.filter(named)


def _rows(tracks: Sequence[Track]) -> list[Row]:
    groups = community.group_names({track.group_id for track in tracks})
    people = members.addressed({(track.group_id, track.member_id) for track in tracks if track.member_id is not None})
    done = latest_executions([track.pk for track in tracks])
    return [
        Row(
            track,
            groups.get(track.group_id, ""),
            person.name if (person := people.get((track.group_id, track.member_id or 0))) else "",
            done[track.pk],
        )
        for track in tracks
    ]


def latest_executions(track_ids: Collection[UUID]) -> dict[UUID, dict[str, Execution]]:
    """What was carried out on tracks, by step; of several turns the last. No guard: for visible tracks."""
    found: dict[UUID, dict[str, Execution]] = defaultdict(dict)
    for row in Execution.objects.filter(track_id__among=track_ids).order_by("occurrence"):
        found[row.track_id][row.step] = row
    return found


def executions(actor: Actor, track_id: UUID) -> list[Execution]:
    """All that was carried out on a track, in order of time."""
    one_track(actor, track_id)
    return list(Execution.objects.filter(track_id=track_id).order_by("began_at", "pk"))


def one_track(actor: Actor, track_id: UUID) -> Track:
    """One track; NotFound where the actor may not see its group."""
    found = visible_tracks(actor).filter(pk=track_id).first()
    if found is None:
        raise NotFound
    return found


def tracks_of_group(actor: Actor, group_id: int, *, most: int = 50) -> list[Track]:
    """The playbooks that a group walks through or has walked through, the latest first; not those of its members."""
    community.group(actor, group_id)
    rows = visible_tracks(actor).filter(group_id=group_id, member_id=None)
    return list(rows.order_by("-began_at", "-pk")[:most])


def tracks_of_member(actor: Actor, member_id: int, *, most: int = 50) -> list[Track]:
    """The playbooks that a member walks through or has walked through, in groups that the actor may see."""
    return list(visible_tracks(actor).filter(member_id=member_id).order_by("-began_at", "-pk")[:most])


def step_counts(actor: Actor, run_id: int) -> dict[tuple[str, str], int]:
    """How many executions of each step are in each state, by (step, state), in one statement."""
    row = one_run(actor, run_id)
    counted = Execution.objects.filter(run_id=row.pk).order_by().values_list("step", "state").annotate(Count("pk"))
    return {(step, state): count for step, state, count in counted}


def follows_members(row: Run) -> bool:
    """Whether its targets are members."""
    return compiled(row.version_id).document.audience is Audience.MEMBER
