"""What may hold of members, and of who is in a group. One file each."""
