"""Reads of the insights context, by noun."""
