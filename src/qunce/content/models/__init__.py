"""Tables of the content context, by noun."""

from qunce.content.models.endpoints import Endpoint as Endpoint
from qunce.content.models.endpoints import EndpointConsent as EndpointConsent
from qunce.content.models.endpoints import EndpointUse as EndpointUse
from qunce.content.models.items import Item as Item
from qunce.content.models.items import ItemUse as ItemUse
from qunce.content.models.items import ItemVersion as ItemVersion
