"""What a line of the table of addresses says: who gets what, and what is posted."""

from collections.abc import Callable
from dataclasses import dataclass, field

from qunce.kernel.actor import PERMISSIONS, Actor, Permission

Scope = Callable[[Actor, int], bool]


def here(permission) -> Scope:
    """In the community that the thing belongs to."""
    return lambda actor, home: actor.may(permission, home)


def anywhere(permission) -> Scope:
    """In any community."""
    return lambda actor, _home: actor.may_anywhere(permission)


def installation(permission) -> Scope:
    """In all communities and what belongs to none."""
    return lambda actor, _home: actor.may(permission)


def signed_in(_actor, _home):
    return True


def nobody(_actor, _home):
    """Only whoever made the thing, who is none of these people."""
    return False


def below(role) -> Scope:
    """Who sees the community and is less there than this role."""
    return lambda actor, home: (
        actor.may(Permission.VIEW, home) and not all(actor.may(permission, home) for permission in PERMISSIONS[role])
    )


@dataclass
class Line:
    """``posts``: what to post; None: a page that is got. ``audited``: posting writes an audit entry (otherwise only
    the status tells). ``answers``: the status within the scope where it is not 200 (got) or a redirect (posted);
    ``outside``: the status for whoever has not signed in, where that is not the way to the sign-in page.
    """

    scope: Scope
    posts: dict | None = None
    outside: int | None = None
    audited: bool = True
    answers: int | None = None
    query: dict = field(default_factory=dict)
    args: dict = field(default_factory=dict)


def page(scope, query=None, answers=None, **args):
    return Line(scope, query=query or {}, answers=answers, args=args)


def change(scope, posts=None, *, audited=True, answers=None, **args):
    return Line(scope, posts=posts or {}, audited=audited, answers=answers, args=args)


def public(outside=200, answers=200, **args):
    return Line(signed_in, outside=outside, answers=answers, args=args)
