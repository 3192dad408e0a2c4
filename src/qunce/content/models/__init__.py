"""Tables of the content context, by noun."""

from qunce.content.models.items import Item as Item
from qunce.content.models.items import ItemUse as ItemUse
from qunce.content.models.items import ItemVersion as ItemVersion
from qunce.content.models.sessions import Consent as Consent
from qunce.content.models.sessions import Practice as Practice
from qunce.content.models.sessions import Session as Session
from qunce.content.models.sessions import Site as Site
