"""Every change of the playbooks context, by noun."""

from qunce.playbooks.actions.beneath import begin_beneath as begin_beneath
from qunce.playbooks.actions.engine import advance as advance
from qunce.playbooks.actions.moving import move_tracks as move_tracks
from qunce.playbooks.actions.runs import begin_run as begin_run
from qunce.playbooks.actions.runs import pause_run as pause_run
from qunce.playbooks.actions.runs import resume_run as resume_run
from qunce.playbooks.actions.runs import stop_run as stop_run
from qunce.playbooks.actions.starting import look_for_starts as look_for_starts
from qunce.playbooks.actions.stopping import stop_in_groups as stop_in_groups
from qunce.playbooks.actions.tracks import ALL as ALL
from qunce.playbooks.actions.tracks import Which as Which
from qunce.playbooks.actions.tracks import pause_tracks as pause_tracks
from qunce.playbooks.actions.tracks import redo_step as redo_step
from qunce.playbooks.actions.tracks import resume_tracks as resume_tracks
from qunce.playbooks.actions.tracks import retry_failed as retry_failed
from qunce.playbooks.actions.tracks import skip_step as skip_step
from qunce.playbooks.actions.tracks import stop_tracks as stop_tracks
from qunce.playbooks.actions.versions import archive_playbook as archive_playbook
from qunce.playbooks.actions.versions import change_draft as change_draft
from qunce.playbooks.actions.versions import create_playbook as create_playbook
from qunce.playbooks.actions.versions import duplicate_playbook as duplicate_playbook
from qunce.playbooks.actions.versions import note_on_playbook as note_on_playbook
from qunce.playbooks.actions.versions import publish as publish
from qunce.playbooks.actions.versions import restore_playbook as restore_playbook
from qunce.playbooks.actions.waking import wake as wake
from qunce.playbooks.actions.waking import wake_all as wake_all
