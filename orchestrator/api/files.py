"""Files for the input of runs: upload one, get one back."""

from http import HTTPStatus
from uuid import UUID

from django.http import FileResponse, HttpRequest
from ninja import File, Router, Status
from ninja.files import UploadedFile

from orchestrator.operations import files
from orchestrator.queries.files import stored_file
from orchestrator.schemas import FileOut
from teams.policy import Action
from teams.routes import Demanding, caller

router = Router(tags=["files"])


@router.post("/files", auth=Demanding(Action.start_run), response={201: FileOut})
def upload(request: HttpRequest, file: File[UploadedFile]) -> Status[FileOut]:
    """Upload a file (multipart/form-data, field `file`, at most 25 MiB). Name its `reference` in the input of a run."""
    if (file.size or 0) > files.LARGEST:
        raise files.FileTooLarge
    row = files.upload(by=caller(request), name=file.name or "", content=file.read())
    return Status(HTTPStatus.CREATED, FileOut.of(row))


@router.get("/files/{file_id}", auth=Demanding(Action.see), response={200: bytes})
def download(request: HttpRequest, file_id: UUID) -> FileResponse:
    """The file as it was uploaded or written by a run: always to be saved, never shown by the browser."""
    row = stored_file(team=caller(request).team_id, identity=file_id)
    response = FileResponse(row.stored.open("rb"), as_attachment=True, filename=row.name, content_type=row.media_type)
    response["X-Content-Type-Options"] = "nosniff"
    return response
