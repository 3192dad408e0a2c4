"""How processes are started: they end with their parent, and PostgreSQL never runs as root."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
_libc = ctypes.CDLL(None, use_errno=True)


def end_with_parent(death_signal: signal.Signals, first: Callable[[], None] | None = None) -> Callable[[], None]:
    """A ``preexec_fn`` after which the child gets ``death_signal`` when this thread's process dies, however it dies.

    Call and use it from the main thread: Linux ties the signal to the thread that forked. ``first`` changes the
    child's user before, because a change of user clears the signal. Elsewhere than on Linux only ``first`` happens.
    """
    parent = os.getpid()

    def prepare() -> None:
        if first:
            first()
        if sys.platform == "linux":
            _libc.prctl(PR_SET_PDEATHSIG, death_signal.value)
            if os.getppid() != parent:
                os._exit(1)

    return prepare


@dataclass(frozen=True)
class Account:
    """Who PostgreSQL runs as when we are root: an account of the system, or root seen as that account.

    The account itself cannot enter folders that only root may enter, such as /root. There the server runs in a user
    namespace: it still owns root's files, but has none of root's powers and sees itself as the account.
    """

    name: str
    uid: int
    gid: int
    namespace: bool = False

    @property
    def owner(self) -> tuple[int, int]:
        """Who the server's files belong to, as this process sees it."""
        return (0, 0) if self.namespace else (self.uid, self.gid)

    def become(self) -> None:
        """Turn the present (freshly forked) process into this account."""
        if not self.namespace:
            os.setgroups([])
            os.setgid(self.gid)
            os.setuid(self.uid)
            return
        if _libc.unshare(CLONE_NEWUSER) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{self.gid} 0 1", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{self.uid} 0 1", encoding="ascii")

    def can(self, command: Sequence[str | Path]) -> bool:
        """Whether ``command`` succeeds as this account."""
        try:
            done = subprocess.run(command, preexec_fn=self.become, capture_output=True, check=False)
        except (OSError, subprocess.SubprocessError):
            return False
        return done.returncode == 0


def server_account(folder: Path, program: Path) -> Account | None:
    """The account that can enter ``folder`` and run ``program``; None where we are not root and need none.

    Raises PermissionError when there is no such account.
    """
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    name, uid, gid = entry.pw_name, entry.pw_uid, entry.pw_gid
    for account in (Account(name, uid, gid), Account(name, uid, gid, namespace=True)):
        if account.can(["/bin/sh", "-c", 'test -x "$0" && "$1" --version', folder, program]):
            return account
    raise PermissionError(
        f"PostgreSQL must not run as root, and the account '{name}' cannot reach {folder} and {program}:"
        " run Qunce as an ordinary user, or keep both outside root's own folders"
    )
