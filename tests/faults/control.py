"""The model server's control, as tests and oracles use it."""

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

from tests.processes import model_port


def tell_server(what: str, body: Mapping[str, Any]) -> Any:
    """Post to the model server's control."""
    address = f"http://127.0.0.1:{model_port()}/__fake/{what}"
    request = urllib.request.Request(address, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def ask_server(what: str) -> Any:
    """What the model server tells of itself."""
    with urllib.request.urlopen(f"http://127.0.0.1:{model_port()}/__fake/{what}") as response:
        return json.load(response)
