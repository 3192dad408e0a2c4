"""Playbooks and their published versions."""

from django.db import models


class Playbook(models.Model):
    """A playbook as it is being written, and the versions that were published of it.

    ``document``: the draft (types.Document); ``text``: the same as YAML, with its comments, where it was written so.
    """

    community = models.ForeignKey("community.Community", on_delete=models.PROTECT, null=True, related_name="+")
    """Whose it is; None: it may be run in every community."""
    key = models.CharField(max_length=60)
    document = models.JSONField()
    text = models.TextField(blank=True)
    edition = models.PositiveIntegerField(default=1)
    """Counts changes of the draft: a form carries it, so that nobody overwrites what he has not seen."""
    library = models.CharField(max_length=60, blank=True)
    """Which playbook of the library it was made from."""
    note = models.TextField(blank=True)
    """What the team has learned with it."""
    created_by_name = models.TextField(blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        """One of a key per community, and one that is everybody's."""

        constraints = [
            models.UniqueConstraint(fields=["community", "key"], name="playbook_key", nulls_distinct=False),
        ]


class Version(models.Model):
    """A published version; it never changes. Tracks keep theirs until somebody moves them to another one."""

    playbook = models.ForeignKey(Playbook, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    text = models.TextField(blank=True)
    accepted = models.JSONField(default=list)
    """The warnings that whoever published it accepted (codes and steps)."""
    published_by = models.BigIntegerField(null=True)
    published_by_name = models.TextField(blank=True)
    published_at = models.DateTimeField()

    class Meta:
        """Numbered from 1 in each playbook."""

        constraints = [models.UniqueConstraint(fields=["playbook", "number"], name="version_once")]
