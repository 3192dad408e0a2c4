"""Whom a playbook is for, and where its runs and tracks stand."""

from enum import StrEnum


class Audience(StrEnum):
    """What one track of a playbook follows: a group, or one member in a group."""

    GROUP = "group"
    MEMBER = "member"


class Late(StrEnum):
    """What becomes of a step whose time has passed (an outage, a pause): done, left out, or a person decides."""

    SEND = "send"
    SKIP = "skip"
    ASK = "ask"


class RunState(StrEnum):
    """A run: new targets may begin and tracks go on; nothing moves; over, by itself or stopped."""

    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


class TrackState(StrEnum):
    """A track: its next step has a time; it waits for something (and at most until ``next_at``); held by a person;
    through; taken out by a person or a step; a step has failed and a person must look.
    """

    DUE = "due"
    WAITING = "waiting"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class ExecutionState(StrEnum):
    """One step on one track: it waits in the middle, it is done, it was left out, it has failed."""

    WAITING = "waiting"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
