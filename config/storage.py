"""Where uploads are kept, from one address: a folder of this machine, or S3, which all hosts of a set-up share."""

from importlib.util import find_spec
from urllib.parse import parse_qsl, urlsplit

from config.environment import WrongVariable

OPTIONS = {"endpoint": "endpoint_url", "region": "region_name", "addressing": "addressing_style"}
LOCAL = "django.core.files.storage.FileSystemStorage"
S3 = "storages.backends.s3.S3Storage"


def storage_settings(url: str) -> dict[str, object]:
    """Django's STORAGES["default"] for an address such as s3://bucket/prefix?region=eu-central-1; empty: the data folder.

    The keys come from the environment of the AWS SDK (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) or from the host's role.
    """
    if not url:
        return {"BACKEND": LOCAL}
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.hostname or parts.username:
        raise WrongVariable(
            "BATON_STORAGE_URL reads s3://BUCKET/PREFIX, with ?region= and ?endpoint= where they are needed."
        )
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(given.keys() - OPTIONS.keys()):
        raise WrongVariable(f"BATON_STORAGE_URL knows no {unknown[0]!r}; it knows {', '.join(OPTIONS)}.")
    if find_spec("storages") is None or find_spec("boto3") is None:
        raise WrongVariable("BATON_STORAGE_URL needs another package: pip install 'django-storages[s3]==1.14.6'.")
    return {
        "BACKEND": S3,
        "OPTIONS": {
            "bucket_name": parts.hostname,
            "location": parts.path.strip("/"),
            "file_overwrite": False,
            "querystring_auth": True,
            "default_acl": None,
            **{OPTIONS[name]: value for name, value in given.items()},
        },
    }
