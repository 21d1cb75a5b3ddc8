"""What may go wrong inside a step, in the words that the retry policy understands."""

from orchestrator.engine.values import BatonError, Json


class NodeError(BatonError):
    """The node could not do its work. Tried again only if its retry policy includes errors of the node."""

    code = "node_error"


class ItemsFailed(NodeError):
    """An item of a container failed, and its policy says that this ends it."""

    code = "items_failed"


class CallError(BatonError):
    """A call to a model or a tool failed for good: a new try would fail alike.

    `is_refusal` tells whether the vendor certainly did no work for it: it answered with an error's status, or was never
    reached. Where that is not so, the call may be on its bill.
    """

    code = "call_failed"
    is_refusal = True

    def __init__(self, message: str = "", *, is_refusal: bool | None = None, **data: Json) -> None:
        super().__init__(message, **data)
        if is_refusal is not None:
            self.is_refusal = is_refusal


class TransientCallError(CallError):
    """A call failed in a way that passes: 408, 409, 429, 5xx, 529, a lost connection, a stream without its end marker.

    `retry_after` is in seconds, where the vendor said so: then it refused. Else say `is_refusal` where it is known.
    """

    code = "call_failed_for_now"
    is_refusal = False

    def __init__(
        self, message: str = "", *, retry_after: float | None = None, is_refusal: bool | None = None, **data: Json
    ) -> None:
        super().__init__(message, is_refusal=True if retry_after is not None else is_refusal, **data)
        self.retry_after = retry_after


class CallTimeout(TransientCallError):
    """The call took longer than it may."""

    code = "call_timeout"


class WrongCredentials(CallError):
    """The connection's key is not accepted. Paste a new key in the connection's settings."""

    code = "wrong_credentials"


class ToolRefused(CallError):
    """The tool may not be used like this. Its message goes back to the model."""

    code = "tool_refused"


class UnknownOutcome(CallError):
    """The connection was lost after the request was sent: it may have been carried out. Look there before you try again."""

    code = "unknown_outcome"
    is_refusal = False


class Suspended(BaseException):
    """The step must wait for an answer; `keys` are the questions it waits for. On resume its code runs from the top."""

    def __init__(self, keys: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(keys)))
        self.keys = keys
