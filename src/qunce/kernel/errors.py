"""Errors a person can do something about. Each has a sentence and, where there is one, the way out."""

from django.utils.translation import gettext as _

from qunce.kernel.words import sentences


class QunceError(Exception):
    """What went wrong, in words for the person who caused or meets it. ``fix`` says what to do."""

    status = 400

    def __init__(self, message: str, *, fix: str = "", field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.field = field

    def __str__(self) -> str:
        return sentences(self.message, self.fix)


class Invalid(QunceError):
    """The input breaks a rule; ``field`` names the form field it belongs to."""

    status = 422


class NotFound(QunceError):
    """It does not exist, or this actor may not know of it: the two look the same."""

    status = 404

    def __init__(self, message: str = "") -> None:
        super().__init__(message or _("This does not exist, or you may not see it."))


class NotAllowed(QunceError):
    """The actor can see it but may not do this."""

    status = 403

    def __init__(self, message: str = "", *, permission: str = "") -> None:
        super().__init__(
            message or _("Your role does not allow this."),
            fix=_("Ask an owner of the community for a role that does."),
        )
        self.permission = permission


class Conflict(QunceError):
    """Somebody else changed it first, or it is no longer in a state where this can be done."""

    status = 409


class Busy(QunceError):
    """A lock was not free in time; nothing was changed."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            _("Somebody else is changing this right now; nothing was changed."),
            fix=_("Try again in a moment."),
        )
