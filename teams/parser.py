"""How the REST API reads requests: JSON that every store can keep, without NUL, lone surrogates, NaN and infinity."""

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from teams.values import Json, clean


class StorableParser(Parser):
    """NUL and lone surrogates become U+FFFD. Raises ValueError, which ninja answers as a request that cannot be read."""

    def parse_body(self, request: HttpRequest) -> Any:
        return storable_json(request.body)

    def parse_querydict(self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest) -> Any:
        return clean(super().parse_querydict(data, list_fields, request))


def storable_json(body: bytes) -> Json:
    """The value of the text. Raises ValueError."""
    try:
        return clean(json.loads(body, parse_constant=_no_number))
    except RecursionError:
        raise ValueError("The request nests too deep.") from None


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number in JSON.")
