"""What may hold of what is said in groups. One file each."""
