"""What is committed runs anywhere: no registry's address, no path of one machine, every requirement with its hash."""

import re

import pytest

from tests.architecture.sources import ROOT, committed, place

TEXT = {".cfg", ".css", ".html", ".ini", ".js", ".json", ".md", ".py", ".toml", ".txt", ".yaml", ".yml", ""}
REGISTRIES = ("pypi" + ".org", "pythonhosted" + ".org", "registry.npmjs" + ".org", "deb.debian" + ".org")
REGISTRY = re.compile("|".join(map(re.escape, REGISTRIES)))
MACHINE = re.compile(r"(?<![\w.$}{])/(?:work|root|home/\w+|opt/(?:pypi|wheels)[\w-]*)/")
LOCKS = ("run", "postgres", "test")


def texts() -> list[tuple[str, str]]:
    found = [path for path in committed() if path.suffix in TEXT and "vendor" not in path.parts]
    return [(place(path), path.read_text(errors="replace")) for path in found]


def test_no_address_of_a_package_registry() -> None:
    assert [name for name, text in texts() if REGISTRY.search(text)] == []


def test_no_path_of_one_machine() -> None:
    own = "tests/architecture/test_repository.py"
    assert [(name, match[0]) for name, text in texts() if name != own and (match := MACHINE.search(text))] == []


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_pinned_with_hashes(name: str) -> None:
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    pinned = [number for number, line in enumerate(lines) if line and not line.startswith((" ", "#"))]
    assert pinned
    for number in pinned:
        assert re.match(r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==[\w.+]+ ", lines[number]), lines[number]
        assert "--hash=sha256:" in lines[number + 1]
    assert not [line for line in lines if "://" in line or line.startswith("--")]


def test_the_locks_agree_on_every_version() -> None:
    def versions(name: str) -> dict[str, str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        return dict(re.findall(r"^([a-z0-9-]+)(?:\[[^\]]*\])?==(\S+)", text, re.MULTILINE))

    run, test = versions("run"), versions("test")
    assert {name: (version, test.get(name)) for name, version in run.items() if test.get(name) != version} == {}
