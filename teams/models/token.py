"""What lets people and programs in without a password: API tokens and one-time sign-in links. Only hashes are stored."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from teams.models.member import Member
from teams.models.scoping import TeamRow


class ApiToken(TeamRow):
    """A program's way in, with its member's role at most. `prefix` is the part that may be shown and is looked up by."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=8, unique=True)
    digest = models.CharField(max_length=64)
    permissions = models.JSONField()
    is_local = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta(TeamRow.Meta):
        db_table = "api_token"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"


class SignInLink(models.Model):
    """A link that signs one person in, once. Belongs to a person, so to no team."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sign_in_link"
