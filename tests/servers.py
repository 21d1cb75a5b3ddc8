"""The servers that the tests share: a Valkey, and with DATABASE=postgres a PostgreSQL, for one run of pytest.

The process that pytest was started in makes the folder and ends the servers; xdist's workers inherit the address.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

FOLDER = "BATON_TEST_FOLDER"


def folder() -> Path:
    """The data folder of this run of the tests."""
    if FOLDER not in os.environ:
        made = Path(tempfile.mkdtemp(prefix="baton-tests-"))
        os.environ[FOLDER] = str(made)
        atexit.register(shutil.rmtree, made, ignore_errors=True)
    return Path(os.environ[FOLDER])


def is_postgres() -> bool:
    """Whether this run is to use PostgreSQL."""
    return os.environ.get("DATABASE", "sqlite") == "postgres"


def environment() -> dict[str, str]:
    """The variables under which the product's settings are read. What the developer's shell has set does not count."""
    for name in [name for name in os.environ if name.startswith("BATON_") and name != FOLDER]:
        del os.environ[name]
    os.environ.pop("DATABASE_URL", None)
    os.environ.pop("REDIS_URL", None)
    return {
        "BATON_DATA": str(folder()),
        "BATON_SECRET": "a fixed secret of the tests, long enough to be accepted",
        "BATON_MODEL_CALLS": "forbidden",
        "POSTGRES": "1" if is_postgres() else "0",
    }


def test_database() -> str:
    """The name of the test database: a file, because several connections and processes share it."""
    return "test_baton" if is_postgres() else str(folder() / "test.sqlite3")


test_database.__test__ = False  # type: ignore[attr-defined]  # pytest takes it for a test otherwise
