"""What went into a run and what came out of its steps, for the full text of the history. On behalf of the product, not of a
caller: whoever shows it asks for the team's runs only."""

from orchestrator.engine.graph import END
from orchestrator.engine.values import Json
from orchestrator.models import Run, Step
from orchestrator.queries.runs import decoded
from orchestrator.store import payloads

MOST_STEPS = 200


def values_of(run: int) -> list[Json]:
    """The input, the output of the run, then the outputs of its first 200 steps; each different one once."""
    given = Run.unscoped.filter(pk=run).values_list("input", flat=True).first()
    done = Step.unscoped.filter(run=run, output__isnull=False)
    outputs = [*done.filter(path=END).values_list("output", flat=True)]
    outputs += done.exclude(path=END).order_by("pk").values_list("output", flat=True)[:MOST_STEPS]
    texts = [text for text in dict.fromkeys([given, *outputs]) if text and not text.startswith("#")]
    stored = payloads.bodies(run, texts)
    return [decoded(stored.get(text, text)) for text in texts if not text.startswith("@") or text in stored]
