"""What is private to a context stays in the context: a contract of import-linter.

`contexts` are packages, `public` the names in each that other packages may import; everything beneath a
public name is public too, the context itself is not.
"""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class ContextPrivacy(Contract):
    """Names each import that reaches past a context's public modules, with its lines."""

    type_name = "privacy"
    contexts = fields.ListField(subfield=fields.StringField())
    public = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001 (the interface's)
        """Look at every import of every private module from outside its context."""
        leaks = [
            (importer, module, _lines(graph, importer, module))
            for context in self.contexts  # type: ignore[attr-defined]
            for module, importer in self._crossings(graph, context)
        ]
        return ContractCheck(kept=not leaks, metadata={"leaks": sorted(leaks)})

    def _crossings(self, graph: ImportGraph, context: str) -> list[tuple[str, str]]:
        inside = {context} | graph.find_descendants(context)
        open_ = tuple(f"{context}.{name}" for name in self.public)  # type: ignore[attr-defined]
        private = {module for module in inside if not f"{module}.".startswith(tuple(f"{name}." for name in open_))}
        return [
            (module, importer)
            for module in sorted(private)
            for importer in sorted(graph.find_modules_that_directly_import(module) - inside)
        ]

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line per import."""
        for importer, module, lines in check.metadata["leaks"]:
            output.print_error(f"{importer} imports {module} (line {lines}), which is private to its context")


def _lines(graph: ImportGraph, importer: str, module: str) -> str:
    details = graph.get_import_details(importer=importer, imported=module)
    return ", ".join(str(each["line_number"]) for each in details)
