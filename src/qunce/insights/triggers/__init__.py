"""Triggers by what is known of a group's health. One file each."""
