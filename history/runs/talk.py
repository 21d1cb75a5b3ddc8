"""The comments on a run or a step, put together for their template."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.text import slugify

from teams.callers import Caller
from teams.comments import Said
from teams.policy import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """`editing` is the comment that is open as a form; `text` and `problem` what was written and why it was not kept."""

    by: Caller
    run: int
    step: str
    said: tuple[Said, ...]
    editing: int = 0
    text: str = ""
    problem: str = ""

    @property
    def query(self) -> str:
        """Names the run and the step."""
        return urlencode({"run": self.run, "step": self.step})

    @property
    def url(self) -> str:
        return f"{reverse('history:comments')}?{self.query}"

    @property
    def key(self) -> str:
        """Makes ids of the page unique: comments on the run and on a step may stand on one page."""
        return f"{self.run}-{slugify(self.step) or 'run'}"

    @property
    def may_comment(self) -> bool:
        return self.by.may(Action.comment)

    @property
    def is_editing(self) -> bool:
        return any(one.id == self.editing and one.is_own for one in self.said)
