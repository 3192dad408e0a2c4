"""Every change of members, identities and stays."""

from qunce.members.actions.links import make_link as make_link
from qunce.members.actions.links import note_visit as note_visit
from qunce.members.actions.links import open_link as open_link
from qunce.members.actions.links import revoke_link as revoke_link
from qunce.members.actions.links import revoke_links as revoke_links
from qunce.members.actions.links import set_muted as set_muted
from qunce.members.actions.pipeline import record_presence as record_presence
from qunce.members.actions.pipeline import record_stays as record_stays
from qunce.members.actions.pipeline import resolve_identities as resolve_identities
