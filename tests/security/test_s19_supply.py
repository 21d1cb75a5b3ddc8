"""S19: what is installed is pinned by hash, looked at for known mistakes, and vendored files are what they were."""

import hashlib
import json
import re
import tomllib

from tests.architecture.sources import ROOT
from tests.audit import problems

MAKEFILE = (ROOT / "Makefile").read_text()


def test_everything_is_installed_by_hash() -> None:
    installs = [line for line in MAKEFILE.splitlines() if "pip install" in line]
    assert installs
    assert [line for line in installs if "--require-hashes" not in line and "--no-deps" not in line] == []


def test_the_build_needs_nothing_from_a_network() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert [re.fullmatch(r"[a-z-]+==[\d.]+", one) is not None for one in build] == [True]
    assert f"\n{build[0]} " in (ROOT / "requirements/run.txt").read_text()


def test_bandit_is_part_of_the_check() -> None:
    check = MAKEFILE.partition("\ncheck:")[2].partition("\n\n")[0]
    assert "bandit" in check


def test_the_audit_fails_for_a_package_that_was_not_looked_at() -> None:
    assert problems([{"name": "a", "skip_reason": "not found on the index"}]) == ["a: skipped (not found on the index)"]
    assert problems([{"name": "a", "version": "1", "vulns": [{"id": "CVE-1"}]}]) == ["a 1: CVE-1"]
    assert problems([{"name": "a", "version": "1", "vulns": []}]) == []


def test_vendored_files_are_unchanged() -> None:
    lock = ROOT / "static" / "vendor" / "lock.json"
    listed = json.loads(lock.read_text())["files"]
    found = {
        str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in (lock.parent, ROOT / "tests" / "vendor")
        for path in folder.rglob("*")
        if path.is_file() and path != lock
    }
    assert found == listed
