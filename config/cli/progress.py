"""A run as it goes on, in the terminal: one line per step, made of its events."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from config.cli.editing import plain
from orchestrator.engine.values import JsonObject

SIGNS = {
    "ready": ("○", "dim"),
    "running": ("◐", "cyan"),
    "waiting": ("◆", "yellow"),
    "succeeded": ("●", "green"),
    "failed": ("✕", "red"),
    "skipped": ("-", "dim"),
    "cancelled": ("-", "dim"),
}
MOST_LINES = 30
HIDDEN = frozenset({"start", "end"})


@dataclass(slots=True)
class Progress:
    """What the events have told so far. Quiet when `console` is None (--json)."""

    console: Console | None
    lines: dict[str, JsonObject] = field(default_factory=dict)
    live: Live | None = None

    def take(self, facts: Iterable[JsonObject]) -> None:
        """Fold the facts of a commit into the lines."""
        for fact in facts:
            if "status" in fact and "step" in fact and "call" not in fact:
                self.lines[fact["step"]] = fact
            elif fact.get("opened"):
                self.lines[fact["scope"]] = {**self.lines.get(fact["scope"], {}), "items": fact["opened"][1]}
        if self.live:
            self.live.update(self.table())

    def start(self) -> None:
        if self.console and self.console.is_terminal:
            self.live = Live(self.table(), console=self.console, refresh_per_second=8)
            self.live.start()

    def stop(self) -> None:
        """Leave the last state on the screen, so that something else may be asked below it."""
        if self.live:
            self.live.update(self.table())
            self.live.stop()
            self.live = None
        elif self.console:
            self.console.print(self.table())

    def table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        shown = [(path, fact) for path, fact in self.lines.items() if path not in HIDDEN and "status" in fact]
        for path, fact in shown[-MOST_LINES:]:
            sign, style = SIGNS.get(fact["status"], ("?", ""))
            said = fact.get("preview") or fact.get("error") or fact.get("reason") or ""
            cells = (Text(sign, style), Text(path), Text(fact["status"], style), Text(_short(str(said))))
            table.add_row(*cells)
        return table


def _short(text: str) -> str:
    line = plain(" ".join(text.split()))
    return line if len(line) <= 60 else line[:59] + "…"
