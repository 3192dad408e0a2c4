"""Wiring of the kernel."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    """What every context stands on."""

    name = "qunce.kernel"
    label = "kernel"
