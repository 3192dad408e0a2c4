"""Every change of the content context, by noun."""

from qunce.content.actions.exchange import Brought as Brought
from qunce.content.actions.exchange import import_items as import_items
from qunce.content.actions.exchange import take_archive as take_archive
from qunce.content.actions.files import take_file as take_file
from qunce.content.actions.items import SCOPE as SCOPE
from qunce.content.actions.items import TOPIC as TOPIC
from qunce.content.actions.items import archive_item as archive_item
from qunce.content.actions.items import change_item as change_item
from qunce.content.actions.items import create_item as create_item
from qunce.content.actions.items import duplicate_item as duplicate_item
from qunce.content.actions.items import free_key as free_key
from qunce.content.actions.items import open_to as open_to
from qunce.content.actions.items import publish_item as publish_item
from qunce.content.actions.items import restore_item as restore_item
from qunce.content.actions.items import tag_items as tag_items
from qunce.content.actions.items import take_down_item as take_down_item
from qunce.content.actions.uses import follow_item as follow_item
from qunce.content.actions.uses import note_broadcast as note_broadcast
from qunce.content.actions.uses import note_uses as note_uses
from qunce.content.actions.uses import open_item as open_item
from qunce.content.actions.uses import rate_item as rate_item
