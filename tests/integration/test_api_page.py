"""The description of the REST API and its page: complete, and without script under the strict policy."""

import json
import re

import pytest
from django.test import Client

from config.api import api, openapi_text
from config.openapi import operations
from config.policy import POLICY

pytestmark = pytest.mark.django_db


def page() -> str:
    answer = Client().get("/api/v1/docs")
    assert answer.status_code == 200
    assert answer["Content-Security-Policy"] == POLICY
    return " ".join(answer.content.decode().split())


def test_the_page_shows_every_route_with_the_action_that_it_needs() -> None:
    text = page()
    for path, operation in operations(api):
        for method in operation.methods:
            assert f"<code><b>{method}</b> /api/v1/{path}</code>" in text
    assert "/api/v1/runs/{run_id}/stream" in text
    assert "<dt>Needs</dt> <dd> start_run </dd>" in text


def test_the_page_has_no_script_no_inline_style_and_nothing_from_elsewhere() -> None:
    text = page()
    assert not re.search(r"<script|<style|style=|javascript:|\son\w+=", text)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)


def test_every_link_of_the_page_leads_to_something_on_it() -> None:
    text = page()
    anchors = set(re.findall(r'id="([^"]+)"', text))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= anchors
    assert '<a href="#RunIn">' in text


def test_the_description_is_served_and_names_a_problem_for_every_route() -> None:
    served = Client().get("/api/v1/openapi.json").json()
    assert served == json.loads(openapi_text())
    routes = [route for methods in served["paths"].values() for route in methods.values()]
    assert all("default" in route["responses"] and route["x-actions"] for route in routes)
    assert len({route["operationId"] for route in routes}) == len(routes)


def test_every_route_says_what_it_does() -> None:
    served = json.loads(openapi_text())
    silent = [
        name for name, methods in served["paths"].items() for one in methods.values() if not one.get("description")
    ]
    assert silent == []
