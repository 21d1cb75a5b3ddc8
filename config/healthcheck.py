"""`python -m config.healthcheck web|worker`: exit 0 where that part of this container is well. For container platforms."""

import os
import sys
from http.client import HTTPConnection, HTTPException

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

from config import environment, health

SECONDS = 4


def main() -> int:
    """0 or 1; 2 for a part that does not exist."""
    checks = {"web": web_is_well, "worker": worker_is_well}
    part = sys.argv[1] if len(sys.argv) == 2 else ""
    if part not in checks:
        sys.stderr.write("Say which part: python -m config.healthcheck web|worker\n")
        return 2
    return 0 if checks[part]() else 1


def web_is_well() -> bool:
    """Whether the web server of this container answers."""
    connection = HTTPConnection("127.0.0.1", environment.number("PORT"), timeout=SECONDS)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def worker_is_well() -> bool:
    """Whether database and Redis answer and a worker listens."""
    django.setup()
    found = health.readiness()
    sys.stderr.write(f"{found}\n")
    return all(outcome == "ok" for outcome in found.values())


if __name__ == "__main__":
    sys.exit(main())
