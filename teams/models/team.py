"""A team, the tenant: every other row of the product belongs to exactly one."""

from django.db import models
from django.utils import timezone


class Team(models.Model):
    """A tenant, with the limits and switches that hold for all its runs."""

    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=60, unique=True)
    max_concurrent_runs = models.PositiveIntegerField(null=True, blank=True)
    allows_code = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "team"

    def __str__(self) -> str:
        return self.name
