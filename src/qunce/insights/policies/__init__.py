"""Pure decisions of the insights context, by noun."""
