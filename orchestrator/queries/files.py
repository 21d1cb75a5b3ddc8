"""Files of runs. Called on committers."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from orchestrator.engine.values import BatonError
from orchestrator.models import RunFile
from teams.errors import NotFound

PREFIX = "file:"


class NoSuchFile(BatonError):
    """There is no such file in this run. A file is named file:<id>, as the run's input has it."""

    code = "no_such_file"


class FileNotThere(BatonError, NotFound):
    """There is no such file in this team."""

    code = "no_such_file"


def read(*, team: int, run: int, reference: str) -> tuple[str, bytes]:
    """Name and content of a file that the run was started with, or that it wrote. Raises NoSuchFile."""
    found = RunFile.objects.of(team).filter(run=run, id=_id(reference), is_doomed=False).first()
    if found is None:
        raise NoSuchFile(f"There is no file {reference!r} in this run.")
    with found.stored.open("rb") as stored:
        return found.name, stored.read()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What a file of a run is."""

    name: str
    media_type: str
    size: int


def facts_of(*, team: int, run: int, reference: str) -> FileFacts:
    """Name, type and size of a file that the run was started with, or that it wrote. Raises NoSuchFile."""
    rows = RunFile.objects.of(team).filter(run=run, id=_id(reference), is_doomed=False)
    found = rows.values("name", "media_type", "size").first()
    if found is None:
        raise NoSuchFile(f"There is no file {reference!r} in this run.")
    return FileFacts(**found)


def stored_file(*, team: int, identity: UUID) -> RunFile:
    """A file of the team, of a run or still of none. Raises FileNotThere."""
    found = RunFile.objects.of(team).filter(pk=identity, is_doomed=False).first()
    if found is None:
        raise FileNotThere(f"There is no file {identity} in this team.")
    return found


def names_of(*, team: int, references: Iterable[str]) -> dict[str, str]:
    """What the files are called that these references name, as far as they are the team's."""
    ids = {identity: reference for reference in references if (identity := _known(reference))}
    rows = RunFile.objects.of(team).filter(pk__in=ids, is_doomed=False) if ids else RunFile.objects.of(team).none()
    return {ids[identity]: name for identity, name in rows.values_list("pk", "name")}


def _known(reference: str) -> UUID | None:
    try:
        return _id(reference) if reference.startswith(PREFIX) else None
    except NoSuchFile:
        return None


def _id(reference: str) -> UUID:
    try:
        return UUID(reference.removeprefix(PREFIX))
    except ValueError:
        raise NoSuchFile(f"{reference!r} is no file reference: it reads file:<id>.") from None
