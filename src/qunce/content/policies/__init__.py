"""Pure decisions of the content context."""
