"""Django's settings. What an operator may change comes from the variables of config/environment.py, and only from there."""

from urllib.parse import urlsplit

from config import environment
from config.addresses import broker_url, database, database_url, redis_url
from config.environment import BASE
from config.logs import logging_settings
from config.mail import mail_settings
from config.secret import secret_key
from config.single_sign_on import sign_on_settings
from config.storage import storage_settings

BATON_DATA = environment.data_folder()
BATON_DATA.mkdir(parents=True, exist_ok=True, mode=0o700)
BATON_URL = environment.text("BATON_URL").rstrip("/")
_PUBLIC = urlsplit(BATON_URL)
_IS_HTTPS = _PUBLIC.scheme == "https"

DEBUG = environment.is_on("BATON_DEBUG")
SECRET_KEY, BATON_SECRET_IS_GENERATED = secret_key(BATON_DATA)
SECRET_KEY_FALLBACKS = environment.parts("BATON_OLD_SECRETS")
ALLOWED_HOSTS = [
    "localhost",
    "127.0.0.1",
    "[::1]",
    *filter(None, [_PUBLIC.hostname]),
    *environment.parts("BATON_HOSTS"),
]

# --- What the product's own parts read

DATABASES = {"default": database(database_url(BATON_DATA))}
BATON_IS_POSTGRES = DATABASES["default"]["ENGINE"].endswith("postgresql")
REDIS_URL = redis_url(BATON_DATA)
BROKER_URL = broker_url(REDIS_URL)
BATON_TRUSTED_HOSTS = environment.parts("BATON_TRUSTED_HOSTS")
BATON_PLUGINS = environment.parts("BATON_PLUGINS")
BATON_COMMITTERS = environment.number("BATON_COMMITTERS", default=4 if BATON_IS_POSTGRES else 1)
BATON_THREADS = environment.number("BATON_THREADS")
BATON_SLOT = environment.text("BATON_SLOT")
BATON_DRAIN_SECONDS = environment.number("BATON_DRAIN_SECONDS")
BATON_MODEL_CALLS = environment.choice("BATON_MODEL_CALLS", "real", "forbidden")
BATON_PAYLOAD_LIMIT = environment.number("BATON_PAYLOAD_LIMIT")
BATON_RUN_LIMIT = environment.number("BATON_RUN_LIMIT")

# --- Django

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "config.apps.OurStaticFilesConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "channels",
    "django_htmx",
    "config.apps.WiringConfig",
    "ui",
    "teams",
    "orchestrator",
    "builder",
    "reviews",
    "history",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.policy.content_security_policy",
    "config.problems.problem_answers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "teams.time_zones.personal_time_zone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",  # `page.html#fragment`; its app would bring Django's admin along
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": ["template_partials.templatetags.partials"],
            "libraries": {"partials": "template_partials.templatetags.partials"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ui.appearance.appearance",
                "teams.shell.shell",
            ],
        },
    }
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE / "locale"]
USE_I18N = True
LOGGING = logging_settings(environment.choice("BATON_LOG_LEVEL", "DEBUG", "INFO", "WARNING", "ERROR"))
DATA_UPLOAD_MAX_MEMORY_SIZE = BATON_PAYLOAD_LIMIT
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "config_cache"}}

# --- Files

STATIC_URL = "/static/"
STATIC_ROOT = BASE / "staticfiles"
STATICFILES_DIRS = [BASE / "static"]
MEDIA_ROOT = BATON_DATA / "uploads"
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
STORAGES = {
    "default": storage_settings(environment.text("BATON_STORAGE_URL")),
    "staticfiles": {
        "BACKEND": "config.static_files.StaticFiles",
        "OPTIONS": {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755},
    },
}

# --- Sign-in

AUTH_USER_MODEL = "teams.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "config.accounts.Accounts"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _PUBLIC.scheme or "http"
SOCIALACCOUNT_PROVIDERS = sign_on_settings()
SOCIALACCOUNT_ADAPTER = "config.accounts.SingleSignOn"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True  # the operator's own issuer: it vouches for the addresses of members
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an admin vouches for an address; many servers send no mail
MFA_FORMS = {"add_webauthn": "config.account_forms.PasskeyForm"}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _IS_HTTPS  # browsers allow it for localhost alone

# --- Cookies and headers

SESSION_COOKIE_NAME = "baton_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _IS_HTTPS
CSRF_COOKIE_NAME = "baton_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = _IS_HTTPS
CSRF_TRUSTED_ORIGINS = [BATON_URL] if BATON_URL else []
SECURE_HSTS_SECONDS = 31_536_000 if _IS_HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- Mail

DEFAULT_FROM_EMAIL = environment.text("BATON_MAIL_FROM")
for _name, _value in mail_settings(environment.text("BATON_MAIL_URL")).items():
    globals()[_name] = _value
