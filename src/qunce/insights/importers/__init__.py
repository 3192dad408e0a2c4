"""One file per format of chat histories; the interface is `insights.importer`."""
