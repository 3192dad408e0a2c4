"""Rows of the insights context, by noun."""
