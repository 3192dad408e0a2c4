"""The gateway role: serves accounts, each by one gateway at a time."""

from qunce.cli.gateway.process import main as main
