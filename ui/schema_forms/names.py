"""Names of form controls for places in a JSON value, and what the buttons of lists do to the posted data. Pure.

A name is the form's prefix and the place's parts, joined by dots; dots and tildes in a part are escaped, so that no two places
have one name and `NAME~n` (the number of rows), `NAME~kept` (the file that is there) and `PREFIX~do` (a button) are free.
"""

from collections.abc import Mapping, Sequence

MOST_ROWS = 200
ROWS, KEPT, DO = "~n", "~kept", "~do"


def child(name: str, part: object) -> str:
    """The name of a part below `name`."""
    return f"{name}.{str(part).replace('~', '~0').replace('.', '~1')}"


def rearranged(data: Mapping[str, Sequence[str]], *, prefix: str) -> dict[str, list[str]] | None:
    """The posted lists of values after the button that was pressed (`add NAME`, `drop NAME 2`); None where none was."""
    verb, _, rest = (list(data.get(prefix + DO) or ())[-1:] or [""])[0].partition(" ")
    given = {name: list(values) for name, values in data.items() if name != prefix + DO}
    if verb == "add":
        given[rest + ROWS] = [str(min(MOST_ROWS, rows(given, rest) + 1))]
        return given
    name, _, number = rest.rpartition(" ")
    if verb == "drop" and number.isdecimal() and int(number) < rows(given, name):
        return _dropped(given, name, int(number))
    return None


def rows(data: Mapping[str, Sequence[str]], name: str) -> int:
    """How many rows the posted data has below `name`."""
    text = (list(data.get(name + ROWS) or ()) or ["0"])[-1]
    return min(MOST_ROWS, int(text)) if text.isdecimal() and len(text) < 5 else 0  # digits


def _dropped(data: Mapping[str, list[str]], name: str, number: int) -> dict[str, list[str]]:
    count, kept = rows(data, name), {}
    for key, values in data.items():
        row, rest = _row_of(key, name)
        if row is None or row < number:
            kept[key] = values
        elif row > number:
            kept[f"{name}.{row - 1}{rest}"] = values
    kept[name + ROWS] = [str(count - 1)]
    return kept


def _row_of(key: str, name: str) -> tuple[int | None, str]:
    """The row that a control belongs to, and the rest of its name."""
    if not key.startswith(name + "."):
        return None, ""
    rest = key.removeprefix(name + ".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    return (int(digits), rest.removeprefix(digits)) if digits else (None, "")
