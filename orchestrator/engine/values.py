"""The words that every other module of the engine uses: ids, JSON, and the errors' base."""

from collections.abc import Mapping
from typing import Any, NewType

Json = Any
"""A value that JSON can hold. The one place where `Any` is allowed: the border to what people and models write."""

JsonObject = Mapping[str, Json]

NodeKey = NewType("NodeKey", str)
"""A node within a version; of a node inside a container's body, the container's key, a slash and its own: `each/draft`."""

StepPath = NewType("StepPath", str)
"""A step within a run: `draft`; in item 3 of a map `each[3]/draft`; the item itself `each[3]`; in a second round of the
map `each#2[3]`."""

ScopePath = NewType("ScopePath", str)
"""Where a step runs: "" is the root graph, `each[3]` an item of a map, `each` the items of a container themselves."""

PortName = NewType("PortName", str)

OUT = PortName("out")
ERROR = PortName("error")
REJECTED = PortName("rejected")
EXPIRED = PortName("expired")
ANY = PortName("*")
"""An edge from this port is live when its source succeeded, whatever port was taken."""


class BatonError(Exception):
    """Something went wrong that the product can name. `code` is stable, the message says what to do next."""

    code = "error"

    def __init__(self, message: str = "", **data: Json) -> None:
        super().__init__(message or (self.__doc__ or self.code))
        self.data = data
