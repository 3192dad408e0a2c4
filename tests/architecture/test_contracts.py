"""The contract of our own sees what it is there for."""

import pytest
from grimp import ImportGraph

from tools.contracts import ContextPrivacy


def leaks(*imports):
    graph = ImportGraph()
    for context in ("q", "q.desk", "q.chat"):
        graph.add_module(context)
    for importer, imported in imports:
        for module in (importer, imported):
            for end in range(1, module.count(".") + 2):
                graph.add_module(".".join(module.split(".")[:end]))
        graph.add_import(importer=importer, imported=imported, line_number=7, line_contents="…")
    contract = ContextPrivacy(
        name="privacy",
        session_options={},
        contract_options={"contexts": ["q.desk", "q.chat"], "public": ["actions", "selectors"]},
    )
    check = contract.check(graph, verbose=False)
    assert check.kept is not bool(check.metadata["leaks"])
    return [(importer, imported) for importer, imported, _lines in check.metadata["leaks"]]


@pytest.mark.parametrize("private", ["q.desk.models", "q.desk.responders.faq", "q.desk.actions_of_others", "q.desk"])
def test_what_is_private_may_not_be_imported_from_outside(private):
    assert leaks(("q.chat.actions.ingest", private)) == [("q.chat.actions.ingest", private)]


@pytest.mark.parametrize("public", ["q.desk.actions", "q.desk.actions.rules", "q.desk.selectors"])
def test_what_is_public_may(public):
    assert leaks(("q.chat.actions.ingest", public)) == []


def test_a_context_may_import_its_own():
    assert leaks(("q.desk.actions", "q.desk.models")) == []
