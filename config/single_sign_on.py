"""Single sign-on by OpenID Connect with the one issuer that the operator names."""

from typing import Any

from config import environment


def sign_on_settings() -> dict[str, Any]:
    """What allauth's SOCIALACCOUNT_PROVIDERS says; empty without an issuer."""
    issuer = environment.text("BATON_OIDC_URL")
    client = environment.text("BATON_OIDC_CLIENT")
    if not issuer:
        return {}
    if not issuer.startswith("https://") or not client:
        raise environment.WrongVariable("BATON_OIDC_URL must be https:// and needs BATON_OIDC_CLIENT beside it.")
    app = {
        "provider_id": "oidc",
        "name": "Single sign-on",
        "client_id": client,
        "secret": environment.text("BATON_OIDC_SECRET"),
        "settings": {"server_url": issuer, "token_auth_method": "client_secret_basic"},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
