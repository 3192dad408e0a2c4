"""What a group would see of a step: in the words of a group that was chosen, or of one that is made up."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from qunce.chat.types import Content, Media
from qunce.community import selectors as community
from qunce.community.types import LANGUAGES, GroupFacts
from qunce.console.context import StaffRequest
from qunce.console.playbooks import words
from qunce.console.playbooks.grid import config_of
from qunce.kernel import clock
from qunce.kernel.errors import QunceError
from qunce.kernel.ids import new_id
from qunce.playbooks.selectors import Playbook
from qunce.playbooks.step import steps
from qunce.playbooks.types import Addressed, Audience, Document, StepRun, StepSpec, said

MOST_GROUPS = 30


def _made_up(playbook: Playbook) -> GroupFacts:
    place = playbook.community
    zone = ZoneInfo(place.zone if place else settings.DEFAULT_COMMUNITY_ZONE)
    name = _("A group of yours")
    speaks = next((code for code in LANGUAGES if code == words.language()), LANGUAGES[0])
    home, called = (place.pk, place.name) if place else (0, "")
    return GroupFacts(0, "sandbox", "", name, home, zone, community=called, language=speaks)


def groups_for(request: StaffRequest, playbook: Playbook) -> list[tuple[int, str]]:
    """Groups whose eyes one may look through."""
    found = community.visible_groups(request.actor).filter(community__isnull=False, archived_at=None)
    if playbook.community_id is not None:
        found = found.filter(community_id=playbook.community_id)
    return list(found.order_by("name").values_list("pk", "name")[:MOST_GROUPS])


def phone(request: StaffRequest, playbook: Playbook, document: Document, step: StepSpec) -> dict[str, object]:
    """The phone beside a step's form: for ``as`` (a group's id) and ``speaks`` (a language)."""
    given = request.POST if request.method == "POST" else request.GET
    groups = groups_for(request, playbook)
    wanted = given.get("as", "")
    chosen = int(wanted) if wanted.isdecimal() and any(str(key) == wanted for key, _name in groups) else 0
    group = next(iter(community.group_facts([chosen])), None) if chosen else None
    group = group or _made_up(playbook)
    language = given.get("speaks", "")
    if language in LANGUAGES:
        group = _speaking(group, language)
    content = _content(document, step, group)
    return {
        "phone_groups": groups,
        "phone_group": group,
        "phone_chosen": chosen,
        "phone_language": language,
        "phone_languages": LANGUAGES,
        "phone_text": content.plain if content else "",
        "phone_media": [part for part in content.parts if isinstance(part, Media)] if content else [],
    }


def _speaking(group: GroupFacts, language: str) -> GroupFacts:
    fields = {name: getattr(group, name) for name in GroupFacts.__slots__}
    return GroupFacts(**{**fields, "language": language})


def _content(document: Document, step: StepSpec, group: GroupFacts) -> Content | None:
    config = config_of(step)
    if config is None:
        return None
    now = clock.now()
    member = Addressed(0, 0, "", _("Xiao Lin")) if document.audience is Audience.MEMBER else None
    values = {
        name: said(each.default, group.language) or said(each.label, group.language)
        for name, each in document.variables.items()
    }
    run = StepRun(
        key="preview",
        track_id=new_id(),
        run_id=0,
        step_id=step.id,
        occurrence=0,
        group=group,
        member=member,
        config=config,
        data={},
        values=values,
        began_at=now,
        due_at=now,
        now=now,
    )
    try:
        return steps[step.do]().preview(run)
    except QunceError:
        return None
