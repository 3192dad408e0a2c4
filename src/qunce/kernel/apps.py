"""Wiring of the kernel."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class KernelConfig(AppConfig):
    """What every context stands on."""

    name = "qunce.kernel"
    label = "kernel"

    def ready(self) -> None:
        """Let every context subscribe to events, in whatever process."""
        autodiscover_modules("subscribers")
