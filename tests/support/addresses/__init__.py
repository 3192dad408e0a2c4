"""What every role gets at every address of the web role: the table that test_every_url.py asks by.

    "console:group": page(here(Permission.VIEW), group_id="group"),

A page is got by those within its scope; the others get 403, or 404 where they may not know that it exists. A change
is posted by everybody: within the scope it writes its audit entry, outside it writes none. Texts in what is sent,
and arguments, may name things of the test's stage.
"""

from tests.support.addresses import chat, content, desk, insights, members, playbooks, team

EXPECTED = {
    **chat.EXPECTED,
    **content.EXPECTED,
    **desk.EXPECTED,
    **insights.EXPECTED,
    **members.EXPECTED,
    **playbooks.EXPECTED,
    **team.EXPECTED,
}
