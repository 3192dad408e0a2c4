"""Every read of the content context, by noun."""

from qunce.content.selectors.endpoints import consents as consents
from qunce.content.selectors.endpoints import endpoint as endpoint
from qunce.content.selectors.endpoints import may_leave as may_leave
from qunce.content.selectors.endpoints import there_is_an_endpoint as there_is_an_endpoint
from qunce.content.selectors.items import document_of as document_of
from qunce.content.selectors.items import item as item
from qunce.content.selectors.items import item_by_key as item_by_key
from qunce.content.selectors.items import open_items as open_items
from qunce.content.selectors.items import visible_items as visible_items
