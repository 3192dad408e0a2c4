"""Every change of the content context, by noun."""

from qunce.content.actions.items import change_item as change_item
from qunce.content.actions.items import create_item as create_item
from qunce.content.actions.items import publish_item as publish_item
from qunce.content.actions.items import take_down_item as take_down_item
