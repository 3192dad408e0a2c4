"""Where things live: file names, sizes, floors, and what the import contracts cannot see."""

import ast
import tomllib
from statistics import quantiles

import pytest
from django.apps import apps
from django.conf import settings
from django.utils.module_loading import import_string

from qunce.chat.stage import Stage
from tests.architecture.source import (
    CONTEXTS,
    FLOOR_OF,
    FLOORS,
    PACKAGE,
    ROOT,
    called,
    functions,
    modules,
    strings,
    written,
)

LONGEST_FILE = 400
LONG_FUNCTION = 45
LONGEST_FUNCTION = 90
FILES = {
    "__init__.py", "apps.py", "jobs.py", "subscribers.py", "actions.py", "selectors.py", "models.py", "events.py",
    "policies.py", "types.py",
}  # fmt: skip
KINDS = {
    "connector": "connectors", "gate": "gates", "kind": "kinds", "check": "checks", "responder": "responders",
    "step": "steps", "trigger": "triggers", "provider": "providers", "metric": "metrics", "signal": "signals",
    "importer": "importers", "outlet": "outlets", "condition": "conditions",
}  # fmt: skip
INTERFACES = {f"{singular}.py" for singular in KINDS} | {"stage.py"}
FOLDERS = {"actions", "selectors", "models", "types", "policies", "migrations", "templates", *KINDS.values()}
STAGES = ["conduct", "admission", "content", "desk", "activities", "rewards", "playbooks"]


def contracts():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {each["id"]: each for each in config["tool"]["importlinter"]["contracts"]}


@pytest.mark.parametrize("room", CONTEXTS)
def test_a_context_has_the_same_file_names_as_every_other(room):
    found = {path.name for path in (PACKAGE / room).iterdir() if path.name != "__pycache__"}
    assert found <= FILES | INTERFACES | FOLDERS
    for twice in ("actions", "selectors", "models", "types", "policies"):
        assert not {twice, f"{twice}.py"} <= found, f"{room}: {twice} is a file and a folder"
    for singular, plural in KINDS.items():
        if plural in found and singular not in {"condition", "step", "trigger"}:  # one interface for several contexts
            assert f"{singular}.py" in found, f"{room}/{plural}: its interface is missing"


def test_every_room_has_its_floor_and_every_context_its_contracts():
    rooms = {module.room for module in modules()} - {"__init__"}
    assert rooms <= set(FLOOR_OF)
    stated = [
        tuple(room.strip(" ()") for room in floor.split("|")) for floor in reversed(contracts()["floors"]["layers"])
    ]
    assert sorted(map(sorted, stated)) == sorted(map(sorted, FLOORS))
    assert [set(floor) for floor in stated] == [set(floor) for floor in FLOORS]
    named = [f"qunce.{context}" for context in CONTEXTS]
    assert sorted(contracts()["inside"]["containers"]) == named
    assert sorted(contracts()["privacy"]["contexts"]) == named


def test_files_can_be_read_at_one_sitting():
    places = [*PACKAGE.rglob("*"), *(ROOT / "tests").rglob("*"), *(ROOT / "tools").rglob("*")]
    ours = [
        path
        for path in places
        if path.suffix in {".py", ".html", ".js", ".mjs", ".css", ".sh"}
        and not {"vendor", "migrations", "__pycache__"} & set(path.parts)
    ]
    long = {str(path.relative_to(ROOT)): length for path in ours if (length := lines(path)) > LONGEST_FILE}
    assert not long


def lines(path):
    return path.read_text().count("\n")


def test_functions_are_short():
    lengths = {
        module.at(node, node.name): (node.end_lineno or 0) - node.lineno + 1
        for module in written()
        for node in functions(module)
    }
    assert quantiles(lengths.values(), n=100)[94] <= LONG_FUNCTION
    assert not {where: length for where, length in lengths.items() if length > LONGEST_FUNCTION}


# ------------------------------------------------------------------ between contexts, where no import shows it
def test_relations_between_contexts_point_downwards_as_strings_and_have_no_way_back():
    for model in ours():
        for field in model._meta.get_fields():
            related = field.related_model
            if not field.is_relation or field.auto_created or related is None or isinstance(related, str):
                continue
            here, there = model._meta.app_label, related._meta.app_label
            if here != there:
                assert FLOOR_OF[there] < FLOOR_OF[here], f"{field} points upwards"
                assert field.remote_field.related_name == "+", f"{field} has a way back"


def test_relations_between_contexts_are_written_as_strings():
    for module in written():
        for node in module.walk(ast.Call):
            if called(node) in {"ForeignKey", "OneToOneField", "ManyToManyField"} and node.args:
                target = node.args[0]
                own = {each.name for each in module.walk(ast.ClassDef)}
                assert isinstance(target, ast.Constant) or ast.unparse(target) in own, module.at(node)


def test_no_model_is_fetched_by_name():
    for module in modules():
        for node in module.walk(ast.Call):
            if called(node) in {"get_model", "get_app_config", "get_models"}:
                own = module.is_migration and node.args and ast.unparse(node.args[0]).strip("'") == module.room
                assert own, module.at(node)


def test_dotted_names_in_strings_point_downwards():
    for module in written():
        if module.room == "config":  # settings name everything
            continue
        for node, text in strings(module):
            parts = text.split(".")
            if parts[0] == "qunce" and len(parts) > 1 and parts[1].split(":")[0] in FLOOR_OF:
                room = parts[1].split(":")[0]
                program = (module.room, room) == ("cli", "config")  # a program starts the application by its path
                assert program or FLOOR_OF[room] <= FLOOR_OF[module.room], module.at(node)


def test_tables_are_read_and_written_by_their_own_context_only():
    owners = {model._meta.db_table: model._meta.app_label for model in ours()}
    # A benchmark counts rows and empties tables between its rounds.
    reading = [module for module in written() if not module.name.startswith("src/qunce/cli/bench/")]
    assert not [
        module.at(node, f"{table} is the {owners[table]} context's")
        for module in reading
        for node, text in strings(module)
        for table in sorted(set(words(text)) & set(owners))
        if owners[table] != module.room
    ]


def test_rows_of_others_are_passed_along_but_queried_and_saved_by_their_owner():
    models = {model.__name__: model._meta.app_label for model in ours()}
    for module in written():
        for node in module.walk(ast.Attribute):
            if node.attr in {"objects", "_default_manager", "_base_manager"} and isinstance(node.value, ast.Name):
                owner = models.get(node.value.id)
                assert owner in {None, module.room}, module.at(node)


def ours():
    return [model for model in apps.get_models(include_auto_created=True) if model.__module__.startswith("qunce.")]


def words(text):
    return "".join(character if character.isalnum() or character == "_" else " " for character in text).split()


# ------------------------------------------------------------------ pages, stages, locks
def test_views_hold_no_queries():
    """They may narrow and cut what a guarded selector hands them, and never begin or build a query."""
    queries = {
        *(
            "objects",
            "_default_manager",
            "_base_manager",
            "raw",
            "cursor",
            "exclude",
            "annotate",
            "aggregate",
            "extra",
        ),
        *("select_related", "prefetch_related", "bulk_create", "get_or_create", "update_or_create", "save", "delete"),
    }
    views = [module for module in written() if module.room in {"console", "memberpages", "api"}]
    assert not [module.at(node) for module in views for node in module.walk(ast.Attribute) if node.attr in queries]
    assert not [
        module.at(node)
        for module in views
        for node in module.walk(ast.ImportFrom)
        if (node.module or "").startswith("django.db.models")
    ]


def test_stages_are_stages_in_the_order_of_the_house():
    contexts = [path.split(".")[1] for path in settings.INBOUND_STAGES]
    assert contexts == sorted(contexts, key=STAGES.index)
    found = [import_string(path) for path in settings.INBOUND_STAGES]
    assert all(issubclass(stage, Stage) for stage in found)
    assert len({stage.name for stage in found}) == len(found)


def test_locks_hold_hashes_and_no_addresses():
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "://" not in text, lock.name
        for block in text.replace("\\\n", " ").splitlines():
            if block and not block.lstrip().startswith("#"):
                assert "==" in block and "--hash=sha256:" in block, f"{lock.name}: {block[:80]}"  # noqa: PT018
    import json

    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert len(packages) > 1
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert not name or package["integrity"], name
