"""Habits of the code that no linter knows."""

import ast
import inspect
import json
from importlib import import_module
from typing import get_type_hints

import pytest
from django.apps import apps

from qunce.kernel.registry import Registry
from tests.architecture.source import CONTEXTS, PACKAGE, ROOT, called, functions, modules, strings, written

PIPELINE = {"ingest"}
"""Takes its one batch by position: docs/architecture.md."""


def actions_of(context):
    """The public actions: what `actions` defines, or as a folder hands on."""
    if not any((PACKAGE / context).glob("actions*")):
        return
    module = import_module(f"qunce.{context}.actions")
    for name, value in vars(module).items():
        if inspect.isfunction(value) and not name.startswith("_") and value.__module__.startswith(module.__name__):
            yield name, value


ACTIONS = [
    pytest.param(action, id=f"{context}.{name}") for context in CONTEXTS for name, action in actions_of(context)
]


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_is_keyword_only_typed_and_says_its_rule(action):
    hints = get_type_hints(inspect.unwrap(action))
    for name, parameter in inspect.signature(action).parameters.items():
        if action.__name__ not in PIPELINE:
            assert parameter.kind in {parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD}, f"{name} by position"
        assert name in hints, f"{name} without a type"
    assert "return" in hints
    assert action.__doc__, "no docstring"


def registries():
    """Every registry of kinds that a context opens."""
    for module in written():
        if module.room in CONTEXTS and any(called(node) == "Registry" for node in module.walk(ast.Call)):
            path = ".".join(module.path.relative_to(PACKAGE.parent).with_suffix("").parts)
            for value in vars(import_module(path)).values():
                if isinstance(value, Registry):
                    yield value


def kinds():
    return [(registry.folder, key) for registry in registries() for key in registry]


def test_there_are_kinds_to_be_held_to_this():
    assert ("connectors", "sandbox") in kinds()


@pytest.mark.parametrize(("folder", "key"), kinds())
def test_every_kind_has_fixtures_and_goes_through_the_generic_suite(folder, key):
    if folder == "importers":  # their fixtures are the exports themselves
        assert list((ROOT / "tests/insights/histories" / key).glob("*/expected.json")), f"{folder}/{key} has none"
        return
    fixtures = ROOT / "tests" / folder / "fixtures"
    assert (fixtures / f"{key}.py").exists() or (fixtures / f"{key}.json").exists(), f"{folder}/{key} has no fixtures"
    assert list((ROOT / "tests" / folder).glob("test_every_*.py")), f"{folder} has no suite over all kinds"


def test_kind_keys_are_never_choices():
    keys = {key for _folder, key in kinds()}
    for model in apps.get_models():
        for field in model._meta.get_fields():
            offered = {choice[0] for choice in getattr(field, "choices", None) or ()}
            assert not offered & keys, f"{field}: a new kind would need a migration"


def test_models_save_plainly():
    for module in written():
        if module.path.name == "models.py" or module.path.parent.name == "models":
            for node in functions(module):
                assert node.name not in {"save", "delete", "clean", "full_clean"}, module.at(node, node.name)


def test_no_signals_for_business_flow():
    """Django's own signals may be listened to at the console's edge (sign-in); contexts use events."""
    for module in written():
        if module.room in CONTEXTS:
            for node in module.walk(ast.ImportFrom):
                assert (node.module or "") not in {"django.dispatch", "django.db.models.signals"}, module.at(node)


def test_the_admin_site_is_not_used():
    assert not apps.is_installed("django.contrib.admin")


# ------------------------------------------------------------------ time
def test_the_clock_is_the_kernel_s():
    banned = {"now", "utcnow", "today"}
    for module in written():
        if module.name == "src/qunce/kernel/clock.py":
            continue
        for node in module.walk(ast.Attribute):
            owner = ast.unparse(node.value)
            other = owner.split(".")[-1] in {"datetime", "date", "timezone"} and node.attr in banned
            assert not other, module.at(node)
            assert ast.unparse(node) not in {"time.time", "time.time_ns", "time.gmtime", "time.localtime"}, module.at(
                node
            )


def test_the_database_s_clock_is_not_asked():
    banned = ("now()", "current_timestamp", "current_date", "localtimestamp", "clock_timestamp", "statement_timestamp",
              "transaction_timestamp", "timeofday()")  # fmt: skip
    for module in modules():
        if module.name == "src/qunce/kernel/checkups.py":
            continue  # compares the two clocks
        for node, text in strings(module):
            assert not any(word in text.lower() for word in banned), module.at(node)
        for node in module.walk(ast.keyword):
            assert node.arg not in {"auto_now", "auto_now_add"}, module.at(node.value)
        for node in module.walk(ast.Call):
            assert called(node) not in {"Now", "TransactionNow"}, module.at(node)


# ------------------------------------------------------------------ the database's part
def test_only_live_notifies():
    for module in modules():
        if module.name != "src/qunce/kernel/live.py":
            for node, text in strings(module):
                assert "pg_notify" not in text.lower(), module.at(node)
                assert not text.lstrip().upper().startswith("NOTIFY "), module.at(node)


def test_nothing_depends_on_the_names_of_constraints():
    for module in written():
        for node in module.walk(ast.Attribute):
            assert node.attr not in {"constraint_name", "diag"}, module.at(node)


def test_statements_stay_within_what_a_distributed_database_can_do():
    banned = ("LATERAL", "RECURSIVE", "GROUPING SETS", "CREATE TRIGGER", "CREATE RULE")
    for module in modules():
        for node, text in strings(module):
            assert not any(word in text.upper() for word in banned), module.at(node)


def test_large_tables_are_not_asked_row_by_row():
    """No correlated subqueries over them: neither Exists(OuterRef()) nor Subquery(OuterRef())."""
    large = {"Message", "SearchText", "GroupHour", "MemberDay"}
    for module in written():
        for function in functions(module):
            names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
            assert not ("OuterRef" in names and names & large), module.at(function, function.name)


# ------------------------------------------------------------------ words
ERRORS = {"QunceError", "Invalid", "NotFound", "NotAllowed", "Conflict", "Busy"}
SAID = {"label", "help_text", "fix", "verbose_name"}
NOTICES = {"success", "info", "warning", "error"}


def test_what_people_read_goes_through_translation():
    for module in written():
        for node in module.walk(ast.Call):
            assert isinstance(node, ast.Call)
            spoken = [each.value for each in node.keywords if each.arg in SAID]
            if called(node) in ERRORS and node.args:
                spoken.append(node.args[0])
            if called(node) in NOTICES and ast.unparse(node.func).startswith("messages.") and len(node.args) > 1:
                spoken.append(node.args[1])
            for each in spoken:
                plain = isinstance(each, ast.JoinedStr) or (
                    isinstance(each, ast.Constant) and isinstance(each.value, str)
                )
                assert not (plain and any(character.isalpha() for character in ast.unparse(each)[2:])), module.at(
                    node
                )


def test_catalogue_strings_are_english():
    for module in written():
        for node in module.walk(ast.Call):
            assert isinstance(node, ast.Call)
            if called(node) in {"_", "_lazy", "gettext", "gettext_lazy", "gettext_noop", "ngettext"}:
                for each in node.args:
                    if isinstance(each, ast.Constant) and isinstance(each.value, str):
                        assert not any("\u4e00" <= character <= "\u9fff" for character in each.value), module.at(node)
                    assert not isinstance(each, ast.JoinedStr), module.at(node, "an f-string cannot be translated")


def test_the_project_speaks_of_the_product_alone():
    """No paths of the machine it was written on, and no addresses of registries."""
    banned = ("/wo" + "rk/", "pypi" + ".org", "npmjs" + ".org", "TO" + "DO", "FIX" + "ME", "XX" + "X")
    for path in (*PACKAGE.rglob("*"), *(ROOT / "tests").rglob("*"), *(ROOT / "docs").rglob("*"), *ROOT.glob("*")):
        if (
            path.suffix in {".py", ".html", ".js", ".css", ".md", ".toml", ".mjs", ".json"}
            and "vendor" not in path.parts
        ):
            text = path.read_text()
            assert not [word for word in banned if word in text], path
    assert json.loads((ROOT / "package.json").read_text())["private"]
