"""The lines of a run in the terminal are the fold of its events."""

import io

from rich.console import Console

from config.cli.progress import Progress


def shown(progress: Progress) -> list[str]:
    output = io.StringIO()
    Console(file=output, width=120).print(progress.table())
    return [" ".join(line.split()) for line in output.getvalue().splitlines() if line.strip()]


def step(path: str, status: str, **more: str) -> dict:
    return {"step": path, "status": status, "attempt": 1, "round": 1, **more}


def test_a_step_has_one_line_with_its_latest_state() -> None:
    progress = Progress(console=None)
    progress.take([step("classify", "running"), step("billing", "ready")])
    progress.take([step("classify", "succeeded", preview='{"routes": ["billing"]}')])
    assert shown(progress) == ['● classify succeeded {"routes": ["billing"]}', "○ billing ready"]


def test_calls_questions_and_the_run_itself_are_no_lines() -> None:
    progress = Progress(console=None)
    progress.take([{"run": "running"}, {"call": 1, "step": "a", "status": "succeeded"}, {"asked": 1, "step": "a"}])
    progress.take([{"person": "Ada", "did": "pause"}, {"closed": "each"}, step("start", "succeeded")])
    assert shown(progress) == []


def test_an_opened_container_keeps_its_line() -> None:
    progress = Progress(console=None)
    progress.take([step("each", "waiting", reason="scope"), {"scope": "each", "opened": [0, 3], "entries": ["read"]}])
    progress.take([step("each[0]/read", "running")])
    assert shown(progress) == ["◆ each waiting scope", "◐ each[0]/read running"]
    assert progress.lines["each"]["items"] == 3


def test_errors_are_told_and_long_text_is_cut() -> None:
    progress = Progress(console=None)
    progress.take([step("a", "failed", error="no\n such   table"), step("b", "succeeded", preview="x" * 200)])
    assert shown(progress) == ["✕ a failed no such table", f"● b succeeded {'x' * 59}…"]


def test_only_the_last_lines_of_a_large_run_are_shown() -> None:
    progress = Progress(console=None)
    progress.take(step(f"each[{number}]", "running") for number in range(500))
    lines = shown(progress)
    assert len(lines) == 30
    assert lines[-1] == "◐ each[499] running"


def test_markup_and_control_characters_of_a_preview_are_harmless() -> None:
    progress = Progress(console=None)
    progress.take([step("a", "succeeded", preview="[/x] [red]\x1b[2J\\[")])
    assert shown(progress) == ["● a succeeded [/x] [red][2J\\["]


def test_without_a_terminal_the_last_state_is_printed_once() -> None:
    output = io.StringIO()
    progress = Progress(console=Console(file=output, width=120))
    progress.start()
    progress.take([step("a", "running")])
    progress.take([step("a", "succeeded")])
    progress.stop()
    assert output.getvalue().count("a") == 1 + "succeeded".count("a")
    Progress(console=None).stop()
