"""Pure decisions of the playbooks context, by what they are about."""
