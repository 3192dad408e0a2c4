"""Every change of playbooks, their runs and tracks."""
