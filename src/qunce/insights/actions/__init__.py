"""Changes of the insights context, by noun."""
