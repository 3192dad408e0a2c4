"""Every change of communities and groups, by noun."""

from qunce.community.actions.communities import archive_community as archive_community
from qunce.community.actions.communities import change_community as change_community
from qunce.community.actions.communities import create_community as create_community
from qunce.community.actions.communities import restore_community as restore_community
from qunce.community.actions.found import record_found as record_found
from qunce.community.actions.found import record_moved as record_moved
from qunce.community.actions.groups import adopt_groups as adopt_groups
from qunce.community.actions.groups import archive_groups as archive_groups
from qunce.community.actions.groups import release_groups as release_groups
from qunce.community.actions.groups import restore_groups as restore_groups
from qunce.community.actions.groups import tag_groups as tag_groups
from qunce.community.actions.histories import found_history_group as found_history_group
from qunce.community.actions.notice import set_notice as set_notice
