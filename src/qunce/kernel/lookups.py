"""Ways to ask that Django lacks: for thousands of rows by key, and for words by a finished query.

``filter(pk__among=ids)``: Django's ``__in`` writes one placeholder per key, and taking 5,000 of them apart
costs more than the query.
"""

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, ForeignObject, IntegerField, Lookup
from django.db.models.sql.compiler import SQLCompiler


def numbers(values: Iterable[int]) -> str:
    """Thousands of whole numbers as one parameter for ``%s::bigint[]``: as text, a fraction of what a list costs."""
    return f"{{{','.join(map(str, values))}}}"


@ForeignObject.register_lookup
@Field.register_lookup
class Among(Lookup):
    """``column = ANY(array)``; takes any collection of values."""

    lookup_name = "among"

    def __init__(self, lhs: Any, rhs: Collection[object]) -> None:
        super().__init__(lhs, list(rhs))

    @property
    def _numbers(self) -> bool:
        field = self.lhs.output_field
        return isinstance(getattr(field, "target_field", field), IntegerField) and set(map(type, self.rhs)) <= {int}

    def get_prep_lookup(self) -> list[object]:
        """Each value as its column stores it; thousands of keys are not asked one by one."""
        if self._numbers:
            return list(self.rhs)
        return [self.lhs.output_field.get_prep_value(value) for value in self.rhs]

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """One parameter, however many values."""
        left, left_values = self.process_lhs(compiler, connection)
        if self._numbers:
            return f"{left} = ANY(%s::bigint[])", (*left_values, numbers(self.rhs))
        right, right_values = self.process_rhs(compiler, connection)
        return f"{left} = ANY({right})", (*left_values, *right_values)


@SearchVectorField.register_lookup
class Meets(Lookup):
    """``words @@ query``: a ``tsquery`` as text, which PostgreSQL takes as it is."""

    lookup_name = "meets"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """One parameter."""
        left, left_values = self.process_lhs(compiler, connection)
        return f"{left} @@ %s::tsquery", (*left_values, self.rhs)
