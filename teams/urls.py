"""Addresses of this app's pages. They come before those of django-allauth, some of which they close."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path

from teams.views import audit, entering, home, members, profile, tables, team, tokens


def closed(_request: HttpRequest) -> HttpResponse:
    """An address is what members are invited by: nobody changes the own one to somebody else's."""
    raise Http404


settings = [
    path("team/", home.switch, name="switch"),
    path("settings/", team.settings, name="settings"),
    path("settings/team/", team.team, name="team"),
    path("settings/team/code/", team.switch_code, name="switch_code"),
    path("settings/team/delete/", team.delete, name="delete_team"),
    path("settings/profile/", profile.profile, name="profile"),
    path("settings/profile/sign-out/", profile.sign_out_everywhere, name="sign_out_everywhere"),
    path("settings/profile/leave/", profile.leave, name="leave"),
    path("settings/profile/new-team/", profile.create, name="create_team"),
    path("settings/members/", members.members, name="members"),
    path("settings/members/new/", members.add, name="add_member"),
    path("settings/members/<int:member_id>/", members.member, name="member"),
    path("settings/members/<int:member_id>/remove/", members.remove, name="remove_member"),
    path("settings/members/<int:member_id>/link/", members.link, name="member_link"),
    path("settings/tokens/", tokens.tokens, name="tokens"),
    path("settings/tokens/new/", tokens.create, name="create_token"),
    path("settings/tokens/<int:token_id>/revoke/", tokens.revoke, name="revoke_token"),
    path("settings/audit/", audit.audit, name="audit"),
    path("settings/audit/verify/", audit.verify, name="verify_audit"),
    path("settings/audit/export/", audit.export, name="export_audit"),
    path("settings/tables/", tables.tables, name="tables"),
    path("settings/tables/import/", tables.confirm, name="import_table"),
    path("settings/tables/delete/<path:name>/", tables.delete, name="delete_table"),
    path("settings/tables/rows/<path:name>/", tables.table, name="table"),
]
urlpatterns = [
    path("", home.home, name="home"),
    path("", include((settings, "teams"))),
    path("sign-in/<str:secret>/", entering.sign_in_link, name="sign_in_link"),
    path("join/<str:secret>/", entering.join, name="join"),
    path("accounts/email/", closed),
]
