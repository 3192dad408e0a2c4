"""Every change of the team."""

from qunce.team.actions.links import issue_first_sign_in_link as issue_first_sign_in_link
from qunce.team.actions.links import issue_sign_in_link as issue_sign_in_link
from qunce.team.actions.links import renew_sign_in_link as renew_sign_in_link
from qunce.team.actions.links import use_sign_in_link as use_sign_in_link
from qunce.team.actions.staff import change_own_profile as change_own_profile
from qunce.team.actions.staff import change_roles as change_roles
from qunce.team.actions.staff import deactivate_staff as deactivate_staff
from qunce.team.actions.staff import invite_staff as invite_staff
from qunce.team.actions.staff import note_second_factor as note_second_factor
from qunce.team.actions.staff import reactivate_staff as reactivate_staff
from qunce.team.actions.staff import remove_second_factor as remove_second_factor
