"""Static files under hashed names; the imports of ES modules are rewritten to them, so no import map is needed.

They are gathered when they have changed: hashing and compressing takes seconds, and whoever reads meanwhile misses files.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

MARK = ".gathered"


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # WhiteNoise has no types
    """WhiteNoise's storage, which also follows `import` in JavaScript."""

    support_js_module_import_aggregation = True


def gather() -> bool:
    """Bring STATIC_ROOT up to date; False where it was. One process at a time: several servers may share a checkout."""
    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    with _alone(root):
        wanted, mark = _digest(), root / MARK
        if mark.is_file() and mark.read_text() == wanted:
            return False
        call_command("collectstatic", interactive=False, verbosity=0)
        mark.write_text(wanted)
    return True


def _digest() -> str:
    """Of the names, sizes and times of all sources."""
    found = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            kept = os.stat(storage.path(name))
            found.update(f"{name} {kept.st_size} {kept.st_mtime_ns}\n".encode())
    return found.hexdigest()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    gather()
