"""Mail that waits to be sent: written with what it tells about, sent afterwards, tried again where the mail server is away."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Letter(models.Model):
    """One mail to one person, so it belongs to no team. `key` names what it tells about: nobody is told twice."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True)
    """When it is sent or tried again; None: it was sent, or given up."""
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=200, blank=True)
    """Why the last try failed."""

    class Meta:
        db_table = "letter"
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="letter_once")]
        indexes = [
            models.Index("due_at", name="letter_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=["created_at"], name="letter_age"),
        ]

    def __str__(self) -> str:
        return self.subject
