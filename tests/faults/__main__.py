"""`make faults`: kills and stops real processes under load, on both databases, and judges what is left. RUNS=500."""

import argparse
import os
import sys

from tests.processes import DATABASES, inside


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--database", choices=DATABASES, action="append")
    options = parser.parse_args()
    number = os.environ.get("RUNS") or "500"
    statuses = [
        inside("tests.faults.session", [number], database=database) for database in options.database or DATABASES
    ]
    return 1 if any(statuses) else 0


if __name__ == "__main__":
    sys.exit(main())
