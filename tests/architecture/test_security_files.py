"""Every rule of the security design that is in force has a test file that carries its number."""

import re

from tests.architecture.sources import ROOT

EXPECTED = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19})
"""The rules that are in force. Whoever lands a rule adds its number here, with its file."""
FOLDER = ROOT / "tests" / "security"


def numbers() -> set[int]:
    found = (re.fullmatch(r"test_s(\d\d)_[a-z_]+\.py", path.name) for path in FOLDER.glob("test_*.py"))
    return {int(match[1]) for match in found if match}


def test_every_rule_in_force_has_its_tests() -> None:
    assert EXPECTED - numbers() == set()


def test_no_file_is_without_its_rule() -> None:
    assert numbers() <= set(range(1, 20))


def test_each_file_holds_tests() -> None:
    assert [path.name for path in FOLDER.glob("test_s*.py") if "def test_" not in path.read_text()] == []
