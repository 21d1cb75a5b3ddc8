"""A person who signs in. People belong to no team; a Member says in which teams they are."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

LONGEST_EMAIL = 254


class People(BaseUserManager["User"]):
    """Creates people; an e-mail address is one person whatever its letters' case."""

    def create_user(self, email: str, password: str | None = None, *, name: str = "") -> "User":
        """A person who signs in with that address. Without a password: by a link or a passkey only."""
        user = self.model(email=email.strip().lower(), name=name)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person: the address is the login. There is no superuser: every right comes from a role in a team."""

    email = models.EmailField(max_length=LONGEST_EMAIL, unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    time_zone = models.CharField(max_length=64, blank=True)
    """A name of the IANA database, in which times are shown; empty: UTC."""
    run_letters_since = models.DateTimeField(null=True)
    """Since when letters are wanted about own runs that have ended; None: they are not."""
    session_round = models.PositiveIntegerField(default=0)
    """Sessions of earlier rounds are signed out."""
    created_at = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = People()

    class Meta:
        db_table = "user_account"
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower_case"),
        ]
        indexes = [
            models.Index("id", name="user_wants_letters", condition=models.Q(run_letters_since__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must know to hold: it changes with the password, as Django's does, and with the round."""
        if not self.session_round:
            return super()._get_session_auth_hash(secret)  # type: ignore[misc,no-any-return]
        salt = "teams.models.user.session"
        return salted_hmac(salt, f"{self.session_round} {self.password}", secret=secret, algorithm="sha256").hexdigest()

    def get_full_name(self) -> str:
        """What allauth and passkeys show."""
        return str(self)
