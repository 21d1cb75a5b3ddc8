"""The words that every module of this app uses: JSON, and the errors' base. Imports nothing of the project."""

import re
from collections.abc import Mapping
from typing import Any

Json = Any
"""A value that JSON can hold: the border to what people write. The same alias as that of the engine, which is above us."""

JsonObject = Mapping[str, Json]


class TeamsError(Exception):
    """Something about teams, members or their secrets went wrong that can be named."""

    code = "teams_error"

    def __init__(self, message: str = "", **data: Json) -> None:
        super().__init__(message or (self.__doc__ or self.code))
        self.data = data


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean(value: Json) -> Json:
    """The value as every database can store it: NUL and lone surrogates become U+FFFD, mappings plain dicts."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, Mapping):
        return {clean(str(key)): clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    return value
