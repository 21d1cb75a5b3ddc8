"""`make bench`: measures the product's own hot path on both databases, beside raw Celery in the same run."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.report import RESULTS, RUNS, table
from tests.benchmarks.startup import startup
from tests.processes import DATABASES, inside

SESSIONS = {
    "postgres": [["W1", "W2", "W3"], ["W4"], ["W5", "W7", "W7-locks", "W7-agent"], ["W8"], ["W9"]],
    "sqlite": [["W1", "W2", "W3"], ["W5", "W7", "W7-locks", "W7-agent"], ["W8"], ["W9"]],
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--only", type=lambda text: text.split(","), help="such as W1,W2")
    parser.add_argument("--runs", type=int, default=10_000, help="how long the history of W9 is, up to 1,000,000")
    options = parser.parse_args()
    os.environ[RUNS] = str(min(1_000_000, max(1_000, options.runs)))
    with tempfile.NamedTemporaryFile(prefix="baton-bench-", suffix=".jsonl") as results:
        os.environ[RESULTS] = results.name
        statuses = [
            inside("tests.benchmarks.session", wanted, database=database)
            for database in options.database or DATABASES
            for session in SESSIONS[database]
            if (wanted := [name for name in session if not options.only or name.partition("-")[0] in options.only])
        ]
        if not options.only or "W6" in options.only:
            startup()
        lines = [json.loads(line) for line in Path(results.name).read_text().splitlines()]
    print(table(lines))
    return 1 if any(statuses) else 0


if __name__ == "__main__":
    sys.exit(main())
