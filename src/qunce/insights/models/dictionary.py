"""Words of a community that programs do not know."""

from django.db import models


class Dictionary(models.Model):
    """Names and terms of one community, one a line, that are kept whole where words are counted."""

    community_id = models.BigIntegerField(primary_key=True)
    words = models.TextField(blank=True)
    changed_at = models.DateTimeField()
