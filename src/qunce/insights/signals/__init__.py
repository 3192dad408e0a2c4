"""One file per signal of health; the interface is `insights.signal`."""
