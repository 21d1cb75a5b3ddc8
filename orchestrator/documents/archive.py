"""Looks a zip over before anybody unpacks it: bombs, names that lead out, links, passwords, and XML that defines entities."""

import io
import stat
import zipfile
from collections.abc import Sequence

from orchestrator.documents.errors import DocumentRefused

MOST_ENTRIES = 5000
MOST_BYTES = 200 << 20
MOST_RATIO = 200
_SMALL = 1 << 20
_DEFINITIONS = tuple(
    word.encode(encoding) for word in ("<!DOCTYPE", "<!ENTITY") for encoding in ("utf-8", "utf-16-le", "utf-16-be")
)


def checked_names(content: bytes) -> frozenset[str]:
    """The names in the zip. Raises DocumentRefused where it is not safe to unpack."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_sizes(archive.infolist())
            for entry in archive.infolist():
                _check_entry(entry)
            _check_xml(archive)
            return frozenset(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
        raise DocumentRefused(f"The file is a damaged archive ({error}). Save it anew, and try again.") from None


def _check_sizes(entries: Sequence[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_ENTRIES:
        raise DocumentRefused(f"The file holds {len(entries)} parts; at most {MOST_ENTRIES} are unpacked.")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise DocumentRefused(f"The file unpacks to more than {MOST_BYTES >> 20} MiB. Split it.")


def _check_entry(entry: zipfile.ZipInfo) -> None:
    parts = entry.filename.replace("\\", "/").split("/")
    if entry.filename.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        raise DocumentRefused(f"The file holds a part whose name leads out of it: {entry.filename[:100]!r}.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise DocumentRefused(f"The file holds a link: {entry.filename[:100]!r}.")
    if entry.flag_bits & 1:
        raise DocumentRefused("The file has a password. Save it without one.")
    if entry.file_size > _SMALL and entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
        raise DocumentRefused(
            f"A part of the file unpacks to over {MOST_RATIO} times its size: {entry.filename[:100]!r}."
        )


def _check_xml(archive: zipfile.ZipFile) -> None:
    """Office files define no entities; one that does is an attack on its reader."""
    for entry in archive.infolist():
        if entry.filename.lower().endswith((".xml", ".rels", ".vml")) and _defines(archive.read(entry)):
            raise DocumentRefused(
                f"The file defines XML entities, which no office program writes: {entry.filename[:100]!r}."
            )


def _defines(xml: bytes) -> bool:
    return any(word in xml for word in _DEFINITIONS)
