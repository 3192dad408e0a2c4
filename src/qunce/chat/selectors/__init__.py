"""Every read of the chat context, by noun."""

from qunce.chat.selectors.accounts import AccountView as AccountView
from qunce.chat.selectors.accounts import connector_kind as connector_kind
from qunce.chat.selectors.accounts import one_account as one_account
from qunce.chat.selectors.accounts import open_connector as open_connector
from qunce.chat.selectors.accounts import shown_config as shown_config
from qunce.chat.selectors.accounts import visible_accounts as visible_accounts
from qunce.chat.selectors.accounts import visible_set_aside as visible_set_aside
from qunce.chat.selectors.broadcasts import broadcast as broadcast
from qunce.chat.selectors.broadcasts import parse_text as parse_text
from qunce.chat.selectors.broadcasts import progress as progress
from qunce.chat.selectors.broadcasts import recallable as recallable
from qunce.chat.selectors.broadcasts import seconds_left as seconds_left
from qunce.chat.selectors.broadcasts import selectable as selectable
from qunce.chat.selectors.broadcasts import targets as targets
from qunce.chat.selectors.broadcasts import visible_broadcasts as visible_broadcasts
from qunce.chat.selectors.ledger import deliveries_of as deliveries_of
from qunce.chat.selectors.ledger import delivery as delivery
from qunce.chat.selectors.ledger import find_deliveries as find_deliveries
from qunce.chat.selectors.ledger import in_portions as in_portions
from qunce.chat.selectors.ledger import named as named
from qunce.chat.selectors.ledger import visible_deliveries as visible_deliveries
