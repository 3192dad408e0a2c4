"""Metrics, health, reports, and histories of other programs: reads everything, decides nothing for anybody."""
