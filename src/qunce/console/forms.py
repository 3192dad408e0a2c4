"""What forms of the console share."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.forms import Form

from qunce.kernel.errors import Conflict, Invalid


@contextmanager
def errors_in(form: Form) -> Iterator[None]:
    """Show what an action objects to beneath the field it names, or above the form; what was typed stays.

    ``with errors_in(form): action(…); return go(…)``: what follows the block is the page with the form again.
    """
    try:
        yield
    except (Invalid, Conflict) as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
