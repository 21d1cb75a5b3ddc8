"""The help and the command menu."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from config import help as served
from teams.models import User
from teams.policy import Role
from tests.personas import personas
from tests.world import world

pytestmark = pytest.mark.django_db
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def browser(who: str = "alice") -> Client:
    client = Client()
    client.force_login(
        User.objects.get(email=f"{who}@example.org"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def test_every_document_of_the_contents_is_served_and_its_links_lead_somewhere() -> None:
    personas()
    client = browser()
    entries = [entry for _title, listed in served.contents() for entry in listed]
    assert len(entries) > 8
    for entry in entries:
        page = client.get(entry.url)
        assert page.status_code == 200, entry.url
        for target in re.findall(r'<a href="(/help/[^"#]+)', page.content.decode()):
            assert client.get(target).status_code == 200, (entry.url, target)


def test_words_are_found_in_all_documents() -> None:
    personas()
    found = browser().get(reverse("help"), {"q": "postgresql backup"}).content.decode()
    assert "Nothing found" not in found
    assert "Nothing found" in browser().get(reverse("help"), {"q": "xyzzyq"}).content.decode()


def test_a_page_that_is_not_written_leads_to_the_contents() -> None:
    personas()
    answer = browser().get("/help/no-such-page/")
    assert (answer.status_code, answer["Location"]) == (302, reverse("help"))


def test_pictures_are_of_the_picture_folder_alone() -> None:
    assert (
        Client().get("/help/images/..%2Fopenapi.json", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")
    )
    assert Client().get("/help/images/no-such.png").status_code == 404


def test_the_menu_finds_places_and_runs_of_the_own_team() -> None:
    found = world()
    html = browser().get(reverse("command_menu"), {"q": f"#{found.waiting}"}, headers=PARTIAL).content.decode()
    assert reverse("history:run", args=[found.waiting]) in html
    other = (
        browser("charlie").get(reverse("command_menu"), {"q": f"#{found.waiting}"}, headers=PARTIAL).content.decode()
    )
    assert "Nothing has the words" in other


def test_the_menu_offers_what_the_role_may_do() -> None:
    personas(bobs_role=Role.reviewer)
    html = browser("bob").get(reverse("command_menu"), headers=PARTIAL).content.decode()
    assert reverse("help") in html
    assert reverse("history:runs") not in html
