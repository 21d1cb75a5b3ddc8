"""The word, icon and tone of every status of a step and of a run, for the page's script: a change is shown before its details.

Taken from the one table of orchestrator.queries.words.
"""

from collections.abc import Mapping

from django.utils.translation import gettext

from orchestrator.engine.state import Reason, RunStatus, StepStatus
from orchestrator.queries.words import Word, run_word, step_word
from ui.status import tone


def of_steps() -> Mapping[str, Mapping[str, str]]:
    """By status, and by `waiting:<reason>`."""
    found = {status.value: step_word(status=status.value) for status in StepStatus}
    found |= {f"waiting:{reason.value}": step_word(status="waiting", reason=reason.value) for reason in Reason}
    return {name: _shown(word) for name, word in found.items()}


def of_runs() -> Mapping[str, Mapping[str, str]]:
    """By status."""
    return {status.value: _shown(run_word(status.value)) for status in RunStatus}


def _shown(word: Word) -> Mapping[str, str]:
    return {"word": gettext(word.text), "icon": word.icon, "tone": tone(word.icon)}
