"""Forms of django-allauth with our words: a new passkey signs in by itself unless somebody wants it as a second factor only."""

from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django.utils.translation import gettext_lazy as _


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """The form at "Add a passkey"."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["name"].help_text = _("So that you know it again, such as the name of this device.")
        self.fields["name"].is_asked = True
        self.fields["passwordless"].label = _("Sign in with it alone")
        self.fields["passwordless"].help_text = _(
            "Without a password. Untick it for a key that only confirms a password."
        )
        self.fields["passwordless"].initial = True
