"""Figures: one JSON line each while they are measured, and one table at the end."""

import json
import os
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RESULTS = "BENCH_RESULTS"
"""The variable that names the file to which the measuring processes append their lines."""
RUNS = "BENCH_RUNS"
"""The variable that says how long the history of W9 is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure. `bar` is what performance.md asks for in words; `is_met` whether its floor holds (True: it has none)."""

    id: str
    what: str
    database: str
    values: Mapping[str, Any]
    bar: str = ""
    is_met: bool = True
    load: float = field(default_factory=lambda: round(os.getloadavg()[0], 2))

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "what": self.what,
            "database": self.database,
            **{key: rounded(value) for key, value in self.values.items()},
            "bar": self.bar,
            "floor": self.is_met,
            "load": self.load,
        }


def report(figure: Figure) -> None:
    """Print the line, and keep it for the table."""
    line = json.dumps(figure.as_json(), ensure_ascii=False)
    print(line, flush=True)
    with Path(os.environ[RESULTS]).open("a") as results:
        results.write(f"{line}\n")


def rounded(value: Any) -> Any:
    """Three digits that count."""
    if isinstance(value, Mapping):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(inner) for inner in value]
    return float(f"{value:.3g}") if isinstance(value, float) else value


def percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def table(lines: Iterable[Mapping[str, Any]]) -> str:
    """All figures, as people read them."""
    rows = [("id", "database", "what", "figures", "bar", "floor", "load")]
    skipped = {"id", "database", "what", "bar", "floor", "load"}
    for line in lines:
        figures = ", ".join(f"{key} {_shown(value)}" for key, value in line.items() if key not in skipped)
        holds = "holds" if line["floor"] else "MISSED"
        rows.append((line["id"], line["database"], line["what"], figures, line["bar"], holds, str(line["load"])))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "(" + ", ".join(f"{key} {_shown(inner)}" for key, inner in value.items()) + ")"
    if isinstance(value, list):
        return "/".join(map(_shown, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
