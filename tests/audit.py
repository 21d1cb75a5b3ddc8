"""`make audit`: pip-audit over the locked requirements, failing where it found something or could not look.

Behind a mirror pip-audit may skip every package and still report that no vulnerabilities are known.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

COMMAND = (
    sys.executable, "-m", "pip_audit", "--requirement", "requirements/test.txt", "--require-hashes", "--disable-pip",
    "--format", "json", "--progress-spinner", "off",
)  # fmt: skip


def problems(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each vulnerability, and for each package that was not looked at."""
    skipped = [f"{one['name']}: skipped ({one['skip_reason']})" for one in found if "skip_reason" in one]
    known = [f"{one['name']} {one['version']}: {bug['id']}" for one in found for bug in one.get("vulns", ())]
    return skipped + known


def main() -> int:
    """Print what is wrong; 1 if anything is, or if nothing could be looked at."""
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=False)
    if not done.stdout.strip():
        print(f"pip-audit could not look: {done.stderr.strip()[-500:]}")
        return 1
    found = json.loads(done.stdout)["dependencies"]
    lines = problems(found)
    print("\n".join(lines) or f"{len(found)} packages, no known vulnerability")
    return 1 if lines or not found else 0


if __name__ == "__main__":
    sys.exit(main())
