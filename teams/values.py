"""The words that every module of this app uses: JSON, and the errors' base. Imports nothing of the project."""

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
