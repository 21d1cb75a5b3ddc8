"""Runs tests/js/*.test.js with node: the machine's own, else the one that Playwright brings."""

import shutil
import subprocess
from pathlib import Path

import playwright
import pytest

TESTS = sorted((Path(__file__).resolve().parents[1] / "js").glob("*.test.js"))
BROUGHT = Path(playwright.__file__).parent / "driver" / "node"


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_the_pure_modules_of_the_pages(path: Path) -> None:
    node = shutil.which("node") or str(BROUGHT)
    done = subprocess.run([node, "--test", str(path)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
