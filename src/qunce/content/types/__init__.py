"""Words of the content context, by noun."""

from qunce.content.types.endpoints import EndpointView as EndpointView
from qunce.content.types.endpoints import UnwrittenError as UnwrittenError
from qunce.content.types.items import Attached as Attached
from qunce.content.types.items import ItemDocument as ItemDocument
from qunce.content.types.items import ItemKind as ItemKind
from qunce.content.types.items import Openness as Openness
from qunce.content.types.items import UseWay as UseWay
