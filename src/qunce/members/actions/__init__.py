"""Every change of members, identities and stays."""

from qunce.members.actions.histories import remove_silent as remove_silent
from qunce.members.actions.histories import retell_heard as retell_heard
from qunce.members.actions.histories import take_back_stays as take_back_stays
from qunce.members.actions.links import make_link as make_link
from qunce.members.actions.links import note_visit as note_visit
from qunce.members.actions.links import open_link as open_link
from qunce.members.actions.links import revoke_link as revoke_link
from qunce.members.actions.links import revoke_links as revoke_links
from qunce.members.actions.links import set_muted as set_muted
from qunce.members.actions.merging import merge_members as merge_members
from qunce.members.actions.merging import separate_member as separate_member
from qunce.members.actions.pipeline import record_heard as record_heard
from qunce.members.actions.pipeline import record_presence as record_presence
from qunce.members.actions.pipeline import record_stays as record_stays
from qunce.members.actions.pipeline import resolve_identities as resolve_identities
from qunce.members.actions.profiles import add_note as add_note
from qunce.members.actions.profiles import finish_step as finish_step
from qunce.members.actions.profiles import name_colleague as name_colleague
from qunce.members.actions.profiles import record_export as record_export
from qunce.members.actions.profiles import remove_note as remove_note
from qunce.members.actions.profiles import rename_member as rename_member
from qunce.members.actions.profiles import set_core as set_core
from qunce.members.actions.profiles import set_next_step as set_next_step
from qunce.members.actions.profiles import set_team as set_team
from qunce.members.actions.profiles import tag_member as tag_member
