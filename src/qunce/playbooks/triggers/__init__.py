"""The triggers that come with Qunce, one file each. See qunce.playbooks.trigger."""
