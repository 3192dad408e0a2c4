"""Every change of the content context, by noun."""

from qunce.content.actions.endpoints import ask as ask
from qunce.content.actions.endpoints import let_texts_leave as let_texts_leave
from qunce.content.actions.endpoints import remove_endpoint as remove_endpoint
from qunce.content.actions.endpoints import set_endpoint as set_endpoint
from qunce.content.actions.endpoints import try_endpoint as try_endpoint
from qunce.content.actions.items import change_item as change_item
from qunce.content.actions.items import create_item as create_item
from qunce.content.actions.items import publish_item as publish_item
from qunce.content.actions.items import take_down_item as take_down_item
