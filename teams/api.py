"""REST routes of a team: who I am, members, API tokens, tables, the audit log. Each parses, makes one call, answers."""

from http import HTTPStatus
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import File, Query, Router, Status
from ninja.files import UploadedFile

from teams.access import table_of
from teams.models import ApiToken, AuditEntry, Member, Table
from teams.operations import members, sign_in, tables, tokens
from teams.policy import Action
from teams.previews import LARGEST, WrongTableFile
from teams.records import rows_of_csv
from teams.routes import Demanding, caller, repeatable
from teams.schemas import (
    AuditOut,
    AuditPage,
    Invitation,
    Me,
    MemberIn,
    MemberOut,
    MemberPage,
    NewTokenOut,
    RoleIn,
    RowPage,
    TableIn,
    TableOut,
    TablePage,
    TokenIn,
    TokenOut,
    TokenPage,
)
from teams.tables import page_of

router = Router(tags=["team"])
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("/me", auth=Demanding(Action.see_reviews), response=Me)
def who_am_i(request: HttpRequest) -> Me:
    """Who you are here, and what you may do."""
    return Me.of(caller(request))


@router.get("/members", auth=Demanding(Action.see), response=MemberPage)
def list_members(request: HttpRequest) -> MemberPage:
    """The team's members."""
    rows = Member.objects.of(caller(request).team_id).select_related("user").order_by("pk")
    return MemberPage(items=[MemberOut.of(row) for row in rows])


@router.post("/members", auth=Demanding(Action.edit_members), response={201: MemberOut})
def add_member(request: HttpRequest, body: MemberIn) -> HttpResponse:
    """Add a person by address. Who is new here gets in by an invitation link."""

    def make() -> MemberOut:
        by, now = caller(request), timezone.now()
        return MemberOut.of(members.add_member(by=by, email=body.email, role=body.role, name=body.name, now=now))

    return repeatable(request, make, status=HTTPStatus.CREATED)


@router.patch("/members/{member_id}", auth=Demanding(Action.edit_members), response=MemberOut)
def change_role(request: HttpRequest, member_id: int, body: RoleIn) -> MemberOut:
    """Give a member another role."""
    by, now = caller(request), timezone.now()
    return MemberOut.of(members.change_role(by=by, member_id=member_id, role=body.role, now=now))


@router.delete("/members/{member_id}", auth=Demanding(Action.edit_members), response={204: None})
def remove_member(request: HttpRequest, member_id: int) -> None:
    """Take a person out of the team; their API tokens end."""
    members.remove_member(by=caller(request), member_id=member_id, now=timezone.now())


@router.post("/members/{member_id}/invitation", auth=Demanding(Action.edit_members), response={201: Invitation})
def invite(request: HttpRequest, member_id: int) -> Status[Invitation]:
    """A link that signs a newcomer in, once. It is shown this one time."""
    path = sign_in.invitation_link(by=caller(request), member_id=member_id, now=timezone.now())
    return Status(HTTPStatus.CREATED, Invitation(url=request.build_absolute_uri(path)))


@router.get("/tokens", auth=Demanding(Action.edit_own_tokens, Action.see_all_tokens), response=TokenPage)
def list_tokens(request: HttpRequest) -> TokenPage:
    """Your API tokens; an admin sees everybody's. Never the secret itself."""
    by = caller(request)
    rows = ApiToken.objects.of(by.team_id).select_related("member__user").order_by("pk")
    if not by.may(Action.see_all_tokens):
        rows = rows.filter(member=by.member_id or 0)
    return TokenPage(items=[TokenOut.of(row) for row in rows])


@router.post("/tokens", auth=Demanding(Action.edit_own_tokens), response={201: NewTokenOut})
def create_token(request: HttpRequest, body: TokenIn) -> Status[NewTokenOut]:
    """Make a token of your own. Its text is shown this one time. A token cannot make tokens: sign in for it."""
    new = tokens.create_token(
        by=caller(request),
        name=body.name,
        permissions=body.permissions,
        expires_at=body.expires_at,
        now=timezone.now(),
    )
    return Status(HTTPStatus.CREATED, NewTokenOut(id=new.id, token=new.text))


@router.delete(
    "/tokens/{token_id}", auth=Demanding(Action.edit_own_tokens, Action.see_all_tokens), response={204: None}
)
def revoke_token(request: HttpRequest, token_id: int) -> None:
    """End a token: one of yours, or as an admin anybody's."""
    tokens.revoke_token(by=caller(request), token_id=token_id, now=timezone.now())


@router.get("/tables", auth=Demanding(Action.see), response=TablePage)
def list_tables(request: HttpRequest) -> TablePage:
    """The tables that agents look records up in."""
    rows = Table.objects.of(caller(request).team_id).order_by("name")
    return TablePage(items=[TableOut.of(row) for row in rows])


@router.get("/tables/{name}", auth=Demanding(Action.see), response=RowPage)
def get_table(request: HttpRequest, name: str, after: int = -1, limit: Limit = 100) -> RowPage:
    """Records of a table, in its order. `next` is the `after` of the next page."""
    found = page_of(table_of(caller(request), name), after=after, limit=limit)
    return RowPage(items=[row.data for row in found], next=found[-1].position if len(found) == limit else None)


@router.put("/tables/{name}", auth=Demanding(Action.edit_table), response=TableOut)
def import_table(request: HttpRequest, name: str, body: TableIn) -> TableOut:
    """Put these rows under that name, instead of what was there."""
    return TableOut.of(tables.import_table(by=caller(request), name=name, rows=body.rows, now=timezone.now()))


@router.post("/tables/{name}/csv", auth=Demanding(Action.edit_table), response=TableOut)
def import_csv(request: HttpRequest, name: str, file: File[UploadedFile]) -> TableOut:
    """The same from a CSV file (multipart/form-data, field `file`) whose first line names the columns."""
    if (file.size or 0) > LARGEST:
        raise WrongTableFile
    try:
        rows = rows_of_csv(file.read().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise WrongTableFile("The file is not UTF-8. Save it as UTF-8 and send it again.") from None
    return TableOut.of(tables.import_table(by=caller(request), name=name, rows=rows, now=timezone.now()))


@router.delete("/tables/{name}", auth=Demanding(Action.edit_table), response={204: None})
def delete_table(request: HttpRequest, name: str) -> None:
    """Delete a table with its records."""
    tables.delete_table(by=caller(request), name=name, now=timezone.now())


@router.get("/audit", auth=Demanding(Action.see_audit), response=AuditPage)
def list_audit(request: HttpRequest, before: int | None = None, limit: Limit = 50) -> AuditPage:
    """The audit log, the newest entry first. `next` is the `before` of the next page."""
    rows = AuditEntry.objects.of(caller(request).team_id).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = [AuditOut.model_validate(row) for row in rows[:limit]]
    return AuditPage(items=found, next=found[-1].id if len(found) == limit else None)
