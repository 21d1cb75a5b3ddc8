"""Files of other projects that we serve: `python -m config.vendoring` takes them from pinned npm packages (needs npm and a
network), `--check` compares what is committed with the lock and needs neither.

Each package is pinned by version and by the hash of its archive; each file by its own hash. A line that names a source map is
cut, because the storage of static files would look for the map. The sprite is made from the icons that config/icons.py lists.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config.environment import BASE
from config.icons import wanted
from ui.icons import known

LOCK = BASE / "static/vendor/lock.json"
SPRITE = "static/vendor/icons.svg"
_SOURCE_MAP = re.compile(rb"\n?(?://[#@] sourceMappingURL=[^\n]*|/\*[#@] sourceMappingURL=.*?\*/)\s*\Z")
_DRAWING = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


class WrongArchive(Exception):
    """The archive is not the one that the lock names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One npm package: which of its files we take, and where they go."""

    name: str
    version: str
    files: Mapping[str, str] = field(default_factory=dict)
    has_icons: bool = False


PACKAGES = (
    Package(
        name="htmx.org",
        version="4.0.1",
        files={"dist/htmx.esm.min.js": "static/vendor/htmx.js", "LICENSE": "static/vendor/htmx.LICENSE.txt"},
    ),
    Package(
        name="@dagrejs/dagre",
        version="3.1.3",
        files={"dist/dagre.esm.js": "static/vendor/dagre.js", "LICENSE": "static/vendor/dagre.LICENSE.txt"},
    ),
    Package(
        name="lucide-static",
        version="1.62.0",
        files={"LICENSE": "static/vendor/icons.LICENSE.txt"},
        has_icons=True,
    ),
    Package(
        name="axe-core",
        version="4.14.1",
        files={"axe.min.js": "tests/vendor/axe.js", "LICENSE": "tests/vendor/axe.LICENSE.txt"},
    ),
)


def main() -> int:
    """1 where something differs from the lock."""
    parser = argparse.ArgumentParser(prog="python -m config.vendoring")
    parser.add_argument("--check", action="store_true", help="compare with the lock; change nothing")
    is_check = parser.parse_args().check
    found = problems() if is_check else _renewed()
    good = "Vendored files are as locked." if is_check else "Vendored files are renewed."
    sys.stdout.write("\n".join(found or [good]) + "\n")
    return 1 if found else 0


def problems() -> list[str]:
    """What is not as locked, each with what to do."""
    lock = json.loads(LOCK.read_text())
    pinned = {name: one["version"] for name, one in lock["packages"].items()}
    meant = {one.name: one.version for one in PACKAGES}
    found = [] if pinned == meant else ["The lock names other packages; run `python -m config.vendoring`."]
    found += [
        f"{name} is not as locked; restore it." for name, digest in lock["files"].items() if _digest(name) != digest
    ]
    missing = sorted(set(wanted()) - known())
    return found + [f"The icon {name} is not in the sprite; run `python -m config.vendoring`." for name in missing]


def _renewed() -> list[str]:
    lock = json.loads(LOCK.read_text()) if LOCK.exists() else {"packages": {}}
    packages, files = {}, [SPRITE]
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            archive = _archive(package, Path(folder))
            packages[package.name] = {"version": package.version, "integrity": _integrity(archive)}
            _refuse_another(packages[package.name], lock["packages"].get(package.name))
            files += _taken(package, archive)
    _write_lock(packages, files)
    return problems()


def _archive(package: Package, folder: Path) -> Path:
    command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return folder / done.stdout.split()[-1]


def _integrity(archive: Path) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()


def _refuse_another(taken: Mapping[str, str], locked: Mapping[str, str] | None) -> None:
    """The same version with another content is somebody's mistake, or worse."""
    if locked and locked["version"] == taken["version"] and locked["integrity"] != taken["integrity"]:
        raise WrongArchive(
            f"The archive of version {taken['version']} is {taken['integrity']}, locked {locked['integrity']}."
        )


def _taken(package: Package, archive: Path) -> list[str]:
    with tarfile.open(archive) as content:
        for source, target in package.files.items():
            _place(target, _SOURCE_MAP.sub(b"\n", _member(content, source)))
        if package.has_icons:
            _place(SPRITE, _sprite(content, package).encode())
    return list(package.files.values())


def _member(content: tarfile.TarFile, name: str) -> bytes:
    member = content.extractfile(f"package/{name}")
    if member is None:
        raise WrongArchive(f"The archive has no file {name}.")
    return member.read()


def _sprite(content: tarfile.TarFile, package: Package) -> str:
    symbols = "\n".join(_symbol(name, _member(content, f"icons/{name}.svg").decode()) for name in wanted())
    told = f"<!-- A subset of {package.name} {package.version}; licence: icons.LICENSE.txt -->"
    return f'{told}\n<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'


def _symbol(name: str, drawn: str) -> str:
    found = _DRAWING.search(drawn)
    if found is None:
        raise WrongArchive(f"The icon {name} is no drawing.")
    paths = re.sub(r"\s*\n\s*", "", found[1]).replace(" />", "/>")
    pen = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
    return f'<symbol id="{name}" viewBox="0 0 24 24" {pen}>{paths}</symbol>'


def _place(target: str, data: bytes) -> None:
    path = BASE / target
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _write_lock(packages: Mapping[str, Mapping[str, str]], files: Iterable[str]) -> None:
    lock = {"packages": packages, "files": {name: _digest(name) for name in sorted(files)}}
    LOCK.write_text(json.dumps(lock, indent=2) + "\n")


def _digest(name: str) -> str:
    path = BASE / name
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "missing"


if __name__ == "__main__":
    sys.exit(main())
