"""One file per metric; the interface is `insights.metric`."""
