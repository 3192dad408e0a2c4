"""Histories that were taken over: by whom, from what, how, and what came of it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Import(models.Model):
    """One history that goes, or went, into one group.

    ``entries_done``: how far it is, where a run that was cut off goes on. ``state``: types.ImportState.
    """

    group_id = models.BigIntegerField()
    community_id = models.BigIntegerField()
    importer = models.CharField(max_length=40)
    chat = models.TextField()
    file_name = models.TextField()
    file_sha256 = models.CharField(max_length=64)
    file_size = models.BigIntegerField()
    kept = models.BooleanField(default=False)
    """Whether the file's bytes are in the house; else a program reads them where they are (``path``)."""
    path = models.TextField(blank=True)
    options = models.JSONField()
    """types.Options, with the zone that was decided on."""
    state = models.CharField(max_length=10, default="waiting")
    runner = models.UUIDField(null=True)
    """The run that takes it over at present: another one that begins is the only one from then on."""
    expected = models.PositiveIntegerField(null=True)
    """How many messages the file itself says it has."""
    entries_done = models.PositiveBigIntegerField(default=0)
    stored = models.PositiveIntegerField(default=0)
    repeated = models.PositiveIntegerField(default=0)
    joined = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    skipped = models.JSONField(default=dict)
    """By reason (types.Skip): ``count``, and the first ``places``, each with what stands there."""
    merged = models.JSONField(default=list)
    """Members that were merged for it: [[member, into], …]."""
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    """Why it has failed; ``error_fix``: what to do. With ``error_values`` they are sentences to be translated."""
    error_fix = models.TextField(blank=True)
    error_values = models.JSONField(null=True)
    by_id = models.BigIntegerField(null=True)
    by_name = models.TextField(blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    touched_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        """Listed by community, looked for by group, and by what is under way."""

        indexes = [
            models.Index(fields=["community_id", "-id"], name="imports_of_community"),
            models.Index(fields=["group_id", "-id"], name="imports_of_group"),
            models.Index(
                fields=["id"],
                name="imports_under_way",
                condition=models.Q(state__in=["waiting", "running", "undoing"]),
            ),
        ]

    @property
    def skipped_count(self) -> int:
        """How much was left out, for whatever reason."""
        return sum(each["count"] for each in self.skipped.values())


class ImportedPortion(models.Model):
    """What an import has done in one transaction: the messages it stored, and those it found there already.

    Between ``first_id`` and ``last_id``, and of this origin, are those that it stored; all were sent between
    ``since`` and ``until``. ``claimed``, with ``claimed_at``: what was there; ``told_as``: under which id the history
    tells it, empty where it is the same. What an import claims stays when another one that stored it is taken back.
    """

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="portions")
    group_id = models.BigIntegerField()
    first_id = models.UUIDField(null=True)
    last_id = models.UUIDField(null=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    claimed_at = ArrayField(models.DateTimeField(), default=list)
    claimed = ArrayField(models.UUIDField(), default=list)
    told_as = ArrayField(models.TextField(), default=list)

    class Meta:
        """Looked for by group and time."""

        indexes = [models.Index(fields=["group_id", "since"], name="portions_of_group")]


class ImportedStay(models.Model):
    """An entry or departure that an import has told (members.types.StayChange), so that it can be taken back.

    ``known``: it was known before; the import holds it should another one that told it first be taken back.
    """

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="stays")
    identity_id = models.BigIntegerField()
    joined = models.BooleanField()
    at = models.DateTimeField(null=True)
    opened = models.BooleanField()
    known = models.BooleanField(default=False)
