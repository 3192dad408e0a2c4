"""The steps that come with Qunce, one file each. See qunce.playbooks.step."""
