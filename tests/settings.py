"""Settings of the tests: those of the product, with a data folder, a secret and a database of their own.

`DATABASE=postgres` takes the PostgreSQL that the product brings along. The servers are started by tests/servers.py.
"""

import os

from tests import servers

os.environ.update(servers.environment())

from config.settings import *  # noqa: F403
from config.settings import BATON_DATA, DATABASES, STORAGES

DATABASES["default"]["TEST"] = {"NAME": servers.test_database()}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
STATIC_ROOT = BATON_DATA / "static"  # no server that a test starts gathers files under our feet
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
