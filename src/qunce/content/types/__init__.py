"""Words of the content context, by noun."""

from qunce.content.types.items import Attached as Attached
from qunce.content.types.items import ItemDocument as ItemDocument
from qunce.content.types.items import ItemKind as ItemKind
from qunce.content.types.items import Openness as Openness
from qunce.content.types.items import UseWay as UseWay
from qunce.content.types.sessions import AGREED as AGREED
from qunce.content.types.sessions import ANSWERS as ANSWERS
from qunce.content.types.sessions import ConsentState as ConsentState
from qunce.content.types.sessions import Draft as Draft
from qunce.content.types.sessions import EndedBy as EndedBy
from qunce.content.types.sessions import Outlet as Outlet
from qunce.content.types.sessions import Passage as Passage
from qunce.content.types.sessions import PassageFile as PassageFile
from qunce.content.types.sessions import Role as Role
from qunce.content.types.sessions import SessionState as SessionState
from qunce.content.types.sessions import Speaker as Speaker
from qunce.content.types.sessions import Words as Words
