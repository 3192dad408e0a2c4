"""Every read of members, identities and stays, and who may see them."""

from qunce.members.models import Identity as Identity
from qunce.members.models import MemberLink as MemberLink
from qunce.members.selectors.links import OwnRecord as OwnRecord
from qunce.members.selectors.links import Visit as Visit
from qunce.members.selectors.links import communities_of as communities_of
from qunce.members.selectors.links import link_to_open as link_to_open
from qunce.members.selectors.links import links_of as links_of
from qunce.members.selectors.links import muted as muted
from qunce.members.selectors.links import own_record as own_record
from qunce.members.selectors.links import visit as visit
from qunce.members.selectors.people import Turn as Turn
from qunce.members.selectors.people import Who as Who
from qunce.members.selectors.people import bots as bots
from qunce.members.selectors.people import groups_now as groups_now
from qunce.members.selectors.people import identities as identities
from qunce.members.selectors.people import known_counts as known_counts
from qunce.members.selectors.people import latest_turns as latest_turns
from qunce.members.selectors.people import member as member
from qunce.members.selectors.people import present as present
from qunce.members.selectors.people import stays as stays
from qunce.members.selectors.people import turns as turns
from qunce.members.selectors.people import visible_members as visible_members
from qunce.members.selectors.people import who as who
