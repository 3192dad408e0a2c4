"""Steps of playbooks that tell what was said, one file each."""
