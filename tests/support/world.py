"""Set-up through the product's own actions: what a test needs to be there, with sensible names."""

from itertools import count

from qunce.community import actions as community
from qunce.community.types import CommunityProfile
from qunce.kernel.actor import SYSTEM, Role
from qunce.team import actions as team
from qunce.team import selectors as staff_selectors
from qunce.team.models import Staff

PASSWORD = "correct horse battery"
_numbers = count(1)


def owner(name="林芝"):
    """The installation's first owner, who has set up by the link; the same one when asked again."""
    path = team.issue_first_sign_in_link()
    if path is None:
        return staff_selectors.first_owner()
    return set_up(path, name=name)


def set_up(path, *, name="林芝", email=None, password=PASSWORD):
    """Use a link as its person would."""
    return team.use_sign_in_link(
        token=path.strip("/").rpartition("/")[2],
        email=email or f"staff{next(_numbers)}@example.org",
        name=name,
        password=password,
        zone="Asia/Shanghai",
    )


def actor(staff):
    """What this person may do now."""
    return staff_selectors.actor_for(staff)


def member_of_staff(name="陈默", **roles):
    """Somebody invited by the system who has set up; ``everywhere=Role.LEAD`` or ``roles={community_id: role}``."""
    wanted = roles.pop("roles", {})
    if "everywhere" in roles:
        wanted = {None: roles.pop("everywhere")}
    invited = team.invite_staff(actor=SYSTEM, email=f"staff{next(_numbers)}@example.org", name=name, roles=wanted)
    known = Staff.objects.get(pk=invited.staff_id)
    return set_up(invited.path, name=name, email=known.email)


def a_community(name=None, **profile):
    """A community with a name of its own."""
    profile["name"] = name or f"读书会 {next(_numbers)}"
    return community.create_community(actor=SYSTEM, profile=CommunityProfile(**profile))


def everyone(community_id):
    """One person per role, in this community only; by role."""
    return {role: member_of_staff(f"{role}", roles={community_id: role}) for role in Role}
