"""Every read of the chat context, by noun."""

from qunce.chat.selectors.accounts import AccountView as AccountView
from qunce.chat.selectors.accounts import connector_kind as connector_kind
from qunce.chat.selectors.accounts import one_account as one_account
from qunce.chat.selectors.accounts import open_connector as open_connector
from qunce.chat.selectors.accounts import shown_config as shown_config
from qunce.chat.selectors.accounts import visible_accounts as visible_accounts
from qunce.chat.selectors.accounts import visible_set_aside as visible_set_aside
