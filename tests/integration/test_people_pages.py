"""The pages about people in a browser's words: inviting, joining, the profile, tokens, tables, the audit log."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from teams.audit import SETTLED, chain_audit, record
from teams.authentication import caller_in_team, caller_with_token, gone
from teams.models import ApiToken, AuditEntry, Member, SignInLink, Table, Team, User
from teams.operations.members import add_member
from teams.operations.tables import import_table
from teams.operations.tokens import create_token
from teams.policy import Permission, Role
from tests.personas import NOW, PASSWORD, Personas, personas

pytestmark = [pytest.mark.django_db]
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def who() -> Personas:
    cache.clear()
    return personas(bobs_role=Role.editor)


def signed_in(name: str = "alice") -> Client:
    client = Client()
    client.force_login(User.objects.get(email=f"{name}@example.org"), "django.contrib.auth.backends.ModelBackend")
    return client


def confirmed() -> Client:
    """Alice, who has just given her password once more."""
    client = Client()
    client.post("/accounts/login/", {"login": "alice@example.org", "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def page(client: Client, address: str, **given: Any) -> str:
    """The words of a page, with single blanks."""
    answer: Any = client.get(address, **given)
    return words(answer)


def words(answer: Any) -> str:
    return " ".join(b"".join(answer).decode().replace("&#x27;", "'").split())


def link_in(text: str) -> str:
    found = re.search(r"http://testserver(/join/[\w-]+/)", text)
    assert found, text
    return found[1]


def invited(email: str = "dora@example.org", role: Role = Role.runner) -> str:
    """The path of the link that Alice gets for a newcomer."""
    return link_in(words(signed_in().post("/settings/members/new/", {"email": email, "name": "Dora", "role": role})))


def csv_file(text: str, name: str = "prices.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


# --- Inviting and joining


def test_an_invitation_link_is_shown_once_and_stored_nowhere(who: Personas) -> None:
    path = invited()
    secret = path.split("/")[2]
    assert secret not in page(signed_in(), "/settings/members/")
    assert secret not in str([*SignInLink.objects.values(), *AuditEntry.unscoped.values()])
    assert Member.objects.of(who.team).get(user__email="dora@example.org").role == Role.runner


def test_looking_at_an_invitation_uses_nothing_up_and_names_team_and_role(who: Personas) -> None:
    path, client = invited(), Client()
    for _ in range(3):
        text = page(client, path)
        assert "Join Alice's team" in text
        assert "<strong>Runner</strong>" in text
        assert "dora@example.org" in text
    assert "_auth_user_id" not in client.session


def test_who_joins_gives_a_name_and_lands_on_the_profile_with_a_hint(who: Personas) -> None:
    client = Client()
    answer = client.post(invited(), {"name": "Dora Maar"}, follow=True)
    assert answer.redirect_chain == [("/settings/profile/", 302)]
    assert "Set a password or a passkey" in words(answer)
    assert User.objects.get(email="dora@example.org").name == "Dora Maar"


def test_an_invitation_works_once(who: Personas) -> None:
    path = invited()
    assert Client().post(path, {"name": ""}).status_code == 302
    for again in (Client().post(path), Client().get(path)):
        assert again.status_code == 404
        assert "for a new one" in words(again)


def test_an_invitation_ends_after_a_week(who: Personas) -> None:
    path = invited()
    SignInLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(path).status_code == 404


def test_the_hint_is_gone_when_there_is_a_password(who: Personas) -> None:
    assert "Set a password or a passkey" not in page(signed_in(), "/settings/profile/")


def test_whoever_opens_an_invitation_for_somebody_else_is_warned(who: Personas) -> None:
    assert "this link is for dora@example.org" in page(signed_in(), invited())


def test_who_has_an_account_is_added_without_a_link(who: Personas) -> None:
    answer = signed_in().post(
        "/settings/members/new/", {"email": "charlie@example.org", "role": Role.viewer}, follow=True
    )
    assert "charlie@example.org is in the team, has an account here" in words(answer)
    assert "/join/" not in words(answer)


def test_a_lost_link_is_made_anew_until_somebody_has_come_in(who: Personas) -> None:
    path = invited()
    member = Member.objects.of(who.team).get(user__email="dora@example.org")
    fresh = link_in(words(signed_in().post(f"/settings/members/{member.pk}/link/")))
    assert fresh != path
    Client().post(fresh)
    answer = signed_in().post(f"/settings/members/{member.pk}/link/", follow=True)
    assert "/join/" not in words(answer)
    assert "signs in with it" in words(answer)


def test_a_wrong_address_is_told_at_its_field(who: Personas) -> None:
    for email, said in (("bob", "valid email address"), ("bob@example.org", "is a member of the team already")):
        answer = signed_in().post("/settings/members/new/", {"email": email, "role": Role.viewer})
        assert answer.status_code == 422
        assert said in words(answer)
        assert 'aria-invalid="true"' in words(answer)


def test_an_admin_is_offered_every_role_but_owner(who: Personas) -> None:
    Member.objects.of(who.team).filter(user=who.bob.user_id or 0).update(role=Role.admin)
    text = page(signed_in("bob"), "/settings/members/new/")
    assert 'value="admin"' in text
    assert 'value="owner"' not in text
    answer = signed_in("bob").post("/settings/members/new/", {"email": "new@example.org", "role": Role.owner})
    assert answer.status_code == 422
    assert not User.objects.filter(email="new@example.org").exists()


# --- Members


def test_members_are_searched_by_name_address_and_role(who: Personas) -> None:
    client = signed_in()
    for wanted, found in (("bo", {"bob"}), ("EDITOR", {"bob"}), ("example", {"alice", "bob"}), ("nobody", set())):
        text = page(client, f"/settings/members/?q={wanted}", headers=PARTIAL)
        assert {name for name in ("alice", "bob") if f"{name}@example.org" in text} == found
        assert "<html" not in text
    assert "Nobody here is called that" in text


def test_a_changed_role_is_in_force_at_once(who: Personas) -> None:
    address = f"/settings/members/{who.bob.member_id}/"
    signed_in().post(address, {"role": Role.publisher})
    assert Member.objects.of(who.team).get(pk=who.bob.member_id or 0).role == Role.publisher


def test_the_last_owner_stays_whatever_is_posted(who: Personas) -> None:
    address, client = f"/settings/members/{who.alice.member_id}/", signed_in()
    assert client.post(address, {"role": Role.viewer}).status_code == 422
    assert "needs an owner" in words(client.post(f"{address}remove/", follow=True))
    assert "needs an owner" in words(client.post("/settings/profile/leave/", follow=True))
    assert Member.objects.of(who.team).get(pk=who.alice.member_id or 0).role == Role.owner


def test_an_admin_cannot_touch_an_owner(who: Personas) -> None:
    Member.objects.of(who.team).filter(user=who.bob.user_id or 0).update(role=Role.admin)
    address, client = f"/settings/members/{who.alice.member_id}/", signed_in("bob")
    assert "Only an owner may change an owner" in page(client, address)
    assert client.post(address, {"role": Role.viewer}).status_code == 403
    assert client.post(f"{address}remove/").status_code == 403


def test_who_is_removed_sees_nothing_any_more(who: Personas) -> None:
    bob = signed_in("bob")
    assert bob.get("/settings/members/").status_code == 200
    signed_in().post(f"/settings/members/{who.bob.member_id}/remove/")
    assert bob.get("/settings/members/")["Location"] == "/"


def test_many_members_are_shown_in_pages_with_few_queries(
    who: Personas, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    people = User.objects.bulk_create([User(email=f"p{number:03}@example.org") for number in range(150)])
    Member.objects.bulk_create([Member(team=who.team, user=person, role=Role.viewer) for person in people])
    client = signed_in()
    with django_assert_max_num_queries(10):
        text = page(client, "/settings/members/")
    assert "p097@example.org" in text
    assert "p100@example.org" not in text
    after = re.search(r"after=([^\"]+)\"", text)
    assert after
    assert "p149@example.org" in page(client, f"/settings/members/?after={after[1]}")


# --- The profile


def test_times_are_shown_in_the_chosen_time_zone(who: Personas) -> None:
    client = signed_in()
    Member.objects.of(who.team).update(created_at=datetime.fromisoformat("2026-07-01T22:30:00+00:00"))
    assert "1 Jul 2026, 22:30:00 UTC" in page(client, "/settings/members/")
    client.post("/settings/profile/", {"name": "Alice", "time_zone": "Asia/Tokyo"})
    assert "2 Jul 2026, 07:30:00 JST" in page(client, "/settings/members/")
    assert "1 Jul 2026, 22:30:00 UTC" in page(signed_in("bob"), "/settings/members/")


def test_a_time_zone_that_is_none_is_refused(who: Personas) -> None:
    answer = signed_in().post("/settings/profile/", {"name": "Alice", "time_zone": "../etc/passwd"})
    assert answer.status_code == 422
    assert User.objects.get(email="alice@example.org").time_zone == ""


def test_a_time_zone_that_is_no_longer_known_breaks_no_page(who: Personas) -> None:
    User.objects.update(time_zone="Atlantis/Capital")
    assert signed_in().get("/settings/profile/").status_code == 200


def test_a_new_name_is_what_others_see(who: Personas) -> None:
    signed_in("bob").post("/settings/profile/", {"name": "Robert", "time_zone": ""})
    assert "Robert" in page(signed_in(), "/settings/members/")


def test_a_server_without_mail_says_that_no_letters_come(who: Personas, settings: Any) -> None:
    assert "sends no mail" not in page(signed_in(), "/settings/profile/")
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "sends no mail" in page(signed_in(), "/settings/profile/")
    assert "sends no mail" in page(Client(), "/accounts/password/reset/")


def test_signing_out_everywhere_ends_the_other_sessions_and_keeps_this_one(who: Personas) -> None:
    here, there = signed_in(), signed_in()
    here.post("/settings/profile/sign-out/")
    assert here.get("/settings/profile/").status_code == 200
    assert there.get("/settings/profile/").status_code == 302
    assert signed_in("bob").get("/settings/profile/").status_code == 200


def test_signing_out_everywhere_closes_sockets_of_sessions_and_leaves_tokens_alone(who: Personas) -> None:
    new = create_token(by=who.alice, name="Import", permissions=[Permission.read], expires_at=None, now=NOW)
    by_token = caller_with_token(new.text, now=NOW)
    watching = [who.alice, who.bob, by_token]
    assert gone(watching, now=NOW) == []
    signed_in().post("/settings/profile/sign-out/")
    assert gone(watching, now=NOW) == [who.alice]
    alice = User.objects.get(email="alice@example.org")
    assert gone([caller_in_team(alice)], now=NOW) == []


def test_signing_out_everywhere_kills_links_that_nobody_has_used(who: Personas) -> None:
    path = invited()
    dora = User.objects.get(email="dora@example.org")
    client = Client()
    client.force_login(dora, "django.contrib.auth.backends.ModelBackend")
    client.post("/settings/profile/sign-out/")
    assert Client().get(path).status_code == 404


def test_old_sessions_hold_until_somebody_signs_out_everywhere(who: Personas) -> None:
    alice = User.objects.get(email="alice@example.org")
    assert alice.get_session_auth_hash() == User(password=alice.password).get_session_auth_hash()


def test_letters_are_wanted_from_now_on_and_not_anew_at_each_save(who: Personas) -> None:
    client = signed_in()
    client.post("/settings/profile/", {"name": "Alice", "time_zone": "", "run_letters": "on"})
    first = User.objects.get(email="alice@example.org").run_letters_since
    client.post("/settings/profile/", {"name": "Alice", "time_zone": "", "run_letters": "on"})
    assert first is not None
    assert User.objects.get(email="alice@example.org").run_letters_since == first
    client.post("/settings/profile/", {"name": "Alice", "time_zone": ""})
    assert User.objects.get(email="alice@example.org").run_letters_since is None


# --- Teams


def test_a_manager_makes_another_team_and_owns_it(who: Personas) -> None:
    client = signed_in()
    answer = client.post("/settings/profile/new-team/", {"name": "Second"}, follow=True)
    team = Team.objects.get(name="Second")
    assert "you are its owner" in words(answer)
    assert client.session["team"] == team.pk
    assert not team.allows_code
    assert AuditEntry.objects.of(who.team.pk).latest("id").action == "team.founded"


def test_a_team_is_renamed_and_its_switch_turned_by_an_admin(who: Personas) -> None:
    client = signed_in()
    client.post("/settings/team/", {"name": "Support"})
    client.post("/settings/team/code/", {"code": "on"})
    team = Team.objects.get(pk=who.team.pk)
    assert (team.name, team.allows_code) == ("Support", True)
    assert client.post("/settings/team/", {"name": " "}).status_code == 422
    client.post("/settings/team/code/", {"code": "off"})
    assert not Team.objects.get(pk=who.team.pk).allows_code


def test_a_team_is_deleted_only_with_its_name(who: Personas) -> None:
    client = signed_in()
    assert "Type the team's name" in words(client.post("/settings/team/delete/", {"name": "x"}, follow=True))
    client.post("/settings/team/delete/", {"name": who.team.name})
    assert not Team.objects.filter(pk=who.team.pk).exists()
    assert "You are in no team" in page(client, "/")


# --- Tokens


def test_a_tokens_text_is_shown_once(who: Personas) -> None:
    client = signed_in("bob")
    answer = words(
        client.post("/settings/tokens/new/", {"name": "Import", "permissions": ["read", "run"], "days": "30"})
    )
    found = re.search(r"baton_[a-z0-9]{8}_[\w-]{20,}", answer)
    assert found
    assert found[0] not in page(client, "/settings/tokens/")
    row = ApiToken.objects.of(who.team).get()
    assert sorted(row.permissions) == ["read", "run"]
    assert row.expires_at
    assert timedelta(days=29) < row.expires_at - timezone.now() < timedelta(days=31)
    assert Client().get("/api/v1/me", headers={"Authorization": f"Bearer {found[0]}"}).status_code == 200


def test_a_token_never_gets_more_than_the_role(who: Personas) -> None:
    client = signed_in("bob")
    assert 'value="admin"' not in page(client, "/settings/tokens/new/")
    answer = client.post("/settings/tokens/new/", {"name": "Import", "permissions": ["admin"]})
    assert answer.status_code == 422
    assert not ApiToken.objects.of(who.team).exists()


def test_everybody_sees_their_own_tokens_and_admins_all(who: Personas) -> None:
    create_token(by=who.alice, name="Of Alice", permissions=[Permission.read], expires_at=None, now=NOW)
    create_token(by=who.bob, name="Of Bob", permissions=[Permission.read], expires_at=None, now=NOW)
    assert "Of Alice" not in page(signed_in("bob"), "/settings/tokens/")
    for name in ("Of Alice", "Of Bob"):
        assert name in page(signed_in(), "/settings/tokens/")


def test_a_revoked_token_is_hidden_until_it_is_asked_for(who: Personas) -> None:
    new = create_token(by=who.bob, name="Old one", permissions=[Permission.read], expires_at=None, now=NOW)
    client = signed_in("bob")
    client.post(f"/settings/tokens/{new.id}/revoke/")
    assert "Old one" not in page(client, "/settings/tokens/?")
    assert "Old one" in page(client, "/settings/tokens/?ended")
    assert Client().get("/api/v1/me", headers={"Authorization": f"Bearer {new.text}"}).status_code == 401


# --- Tables


def test_a_file_is_looked_at_before_it_is_imported(who: Personas) -> None:
    client = signed_in("bob")
    text = words(client.post("/settings/tables/", {"file": csv_file("sku,price\nA1,3\nB2,4\n")}))
    assert "prices: 2 rows" in text
    assert "<td>A1</td>" in text
    assert not Table.objects.of(who.team).exists()
    mark = re.search(r'name="mark" value="(\w+)"', text)
    assert mark
    client.post("/settings/tables/import/", {"mark": mark[1]})
    assert Table.objects.of(who.team).get().row_count == 2
    assert "B2" in page(client, "/settings/tables/rows/prices/")
    again = client.post("/settings/tables/import/", {"mark": mark[1]}, follow=True)
    assert "Choose it again" in words(again)


def test_replacing_a_table_is_told_before(who: Personas) -> None:
    import_table(by=who.alice, name="prices", rows=[{"sku": str(number)} for number in range(7)], now=NOW)
    rows = json.dumps([{"sku": "A"}])
    text = words(signed_in().post("/settings/tables/", {"file": csv_file(rows, "new.json"), "name": "prices"}))
    assert "There is a table prices with 7 rows. They are replaced." in text
    assert "Replace the table" in text


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"\xff\xfe\x00", "a.csv", "not UTF-8"),
        (b"{", "a.json", "is no JSON"),
        (b"[1, 2]", "a.json", "Row 1 is no record"),
        (b'{"rows": 1}', "a.json", "must be a list of objects"),
        (b"a,b\n1\n", "a.csv", "1 values for 2 columns"),
        (b"", "a.csv", "empty"),
        (b'[{"a": NaN}]', "a.json", "is no JSON"),
    ],
)
def test_a_file_that_is_no_table_says_what_is_wrong(who: Personas, content: bytes, name: str, said: str) -> None:
    answer = signed_in().post("/settings/tables/", {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 422
    assert said in words(answer)


def test_nobody_imports_what_somebody_else_looked_at(who: Personas) -> None:
    text = words(signed_in().post("/settings/tables/", {"file": csv_file("a\n1\n")}))
    mark = re.search(r'name="mark" value="(\w+)"', text)
    assert mark
    signed_in("bob").post("/settings/tables/import/", {"mark": mark[1]})
    assert not Table.objects.of(who.team).exists()


def test_a_large_table_is_shown_in_pages(who: Personas, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    import_table(by=who.alice, name="a/b", rows=[{"n": f"<{number}>"} for number in range(250)], now=NOW)
    client = signed_in()
    with django_assert_max_num_queries(12):
        text = page(client, "/settings/tables/rows/a/b/")
    assert "&lt;99&gt;" in text
    assert "&lt;100&gt;" not in text
    assert "&lt;199&gt;" in page(client, "/settings/tables/rows/a/b/?after=99")
    assert "There are no more rows" in page(client, "/settings/tables/rows/a/b/?after=99999999999")


def test_a_deleted_table_is_gone(who: Personas) -> None:
    import_table(by=who.alice, name="prices", rows=[{"sku": "A"}], now=NOW)
    signed_in().post("/settings/tables/delete/prices/")
    assert "No tables yet" in page(signed_in(), "/settings/tables/")


# --- The audit log


def test_the_log_says_who_did_what_in_words(who: Personas) -> None:
    text = page(signed_in(), "/settings/audit/")
    assert "Added a member" in text
    assert "bob@example.org" in text


@pytest.mark.parametrize(
    ("query", "seen"),
    [("who=alice", True), ("who=zoe", False), ("action=member.added", True), ("action=token.created", False),
     ("subject=bob", True), ("since=2026-11-21&until=2026-11-21", True), ("until=2026-11-20", False)],
)  # fmt: skip
def test_the_log_is_filtered(who: Personas, query: str, seen: bool) -> None:
    assert ("bob@example.org" in page(signed_in(), f"/settings/audit/?{query}", headers=PARTIAL)) == seen


def test_a_filter_that_cannot_be_used_is_told(who: Personas) -> None:
    answer = signed_in().get("/settings/audit/?since=yesterday")
    assert answer.status_code == 422
    assert "valid date" in words(answer)


def test_the_log_goes_on_in_pages_both_ways(
    who: Personas, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(120):
        record(by=who.alice, action="budget.set", subject=f"entry {number:03}", now=NOW)
    client = signed_in()
    with django_assert_max_num_queries(9):
        first = page(client, "/settings/audit/")
    assert ("entry 119" in first, "entry 069" in first) == (True, False)
    older = re.search(r'href="(\?before=\d+)"', first)
    assert older
    second = page(client, f"/settings/audit/{older[1]}")
    assert ("entry 069" in second, "entry 119" in second) == (True, False)
    newer = re.search(r'href="(\?after=\d+)"', second)
    assert newer
    assert "entry 119" in page(client, f"/settings/audit/{newer[1]}")


def test_the_page_says_what_the_chain_vouches_for(who: Personas) -> None:
    assert "soon" in page(signed_in(), "/settings/audit/")
    chain_audit(now=timezone.now() + SETTLED)
    text = page(signed_in(), "/settings/audit/")
    assert "As it was written" in text
    assert "soon" not in text


def test_a_changed_entry_shows_on_its_page_and_in_the_check(who: Personas, break_entry: Callable[[], None]) -> None:
    chain_audit(now=timezone.now() + SETTLED)
    client = signed_in()
    assert "is as it was written" in words(client.post("/settings/audit/verify/", follow=True))
    break_entry()
    assert "do not fit the chain" in page(client, "/settings/audit/")
    assert "was changed" in words(client.post("/settings/audit/verify/", follow=True))


@pytest.fixture
def break_entry() -> Callable[[], None]:
    """Somebody changes an entry behind the models and the triggers."""

    def change() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE audit_entry SET user_name = 'somebody' WHERE subject = 'bob@example.org'")

    return change


def test_the_export_holds_what_fits_and_no_formula(who: Personas) -> None:
    record(by=who.alice, action="budget.set", subject="=cmd()", data={"most": 3}, now=NOW)
    answer: Any = signed_in().get("/settings/audit/export/?action=budget.set")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert [(row["action"], row["subject"], row["data"]) for row in rows] == [("budget.set", "'=cmd()", '{"most": 3}')]
    assert "attachment" in answer["Content-Disposition"]
    assert signed_in().get("/settings/audit/export/?since=yesterday").status_code == 422


# --- Pages of django-allauth


@pytest.mark.parametrize(
    "address", ["2fa/", "2fa/webauthn/", "2fa/webauthn/add/", "2fa/totp/activate/", "password/change/"]
)
def test_the_account_pages_are_part_of_the_settings(who: Personas, address: str) -> None:
    text = page(confirmed(), f"/accounts/{address}")
    assert 'href="/settings/members/"' in text
    assert re.search(r'href="/settings/profile/" aria-current="page"', text)


def test_a_new_passkey_signs_in_by_itself_unless_it_is_unticked(who: Personas) -> None:
    text = page(confirmed(), "/accounts/2fa/webauthn/add/")
    assert re.search(r'name="passwordless"[^>]*checked', text)


def test_a_password_that_was_set_leads_back_to_the_profile(who: Personas) -> None:
    client = Client()
    client.post(invited(), {"name": "Dora"})
    form = {"password1": "a long enough one 7", "password2": "a long enough one 7"}
    assert client.post("/accounts/password/set/", form)["Location"] == "/settings/profile/"
    assert "Set a password or a passkey" not in page(client, "/settings/profile/")


def test_pages_of_the_settings_have_a_cookie_for_this_site_alone(who: Personas) -> None:
    answer = signed_in().get("/settings/members/")
    assert "no-store" in answer["Cache-Control"]
    assert settings.SESSION_COOKIE_HTTPONLY


def test_adding_somebody_to_a_second_team_names_both(who: Personas) -> None:
    add_member(by=who.charlie, email="bob@example.org", role=Role.viewer, now=NOW)
    text = page(signed_in("bob"), "/settings/profile/")
    assert "Charlie's team" in text
    assert "Change to this team" in text
