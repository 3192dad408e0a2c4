"""Tables of the content context, by noun."""

from qunce.content.models.items import Item as Item
from qunce.content.models.items import ItemRating as ItemRating
from qunce.content.models.items import ItemUse as ItemUse
from qunce.content.models.items import ItemVersion as ItemVersion
