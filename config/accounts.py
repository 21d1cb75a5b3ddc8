"""How people come in: nobody signs up on their own; members are invited, single sign-on finds those who were."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest
from django.urls import reverse


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """django-allauth's behaviour, with sign-up closed; a new password leads back to the profile."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # the signature is allauth's
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002  # the signature is allauth's
        return reverse("teams:profile")


class SingleSignOn(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """django-allauth's behaviour, with sign-up closed."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: object) -> bool:  # noqa: ARG002  # allauth's
        return False
