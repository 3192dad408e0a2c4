"""Qunce 群策: the open, self-hosted operating system for communities."""

__version__ = "0.1.0"
