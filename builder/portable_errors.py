"""What can be wrong with a workflow file. Each error names the line and the key, and says what to do."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestrator.engine.values import BatonError

Place = tuple[str | int, ...]
"""Where something stands in the file: ("nodes", "classify", "config")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong. `key` is the dotted place, `line` counts from 1."""

    text: str
    line: int = 0
    key: str = ""
    code: str = "wrong_file"
    is_hint: bool = False
    """Whether the file can be run all the same."""

    def __str__(self) -> str:
        where = ", ".join(part for part in (f"line {self.line}" if self.line else "", self.key) if part)
        return f"{where}: {self.text}" if where else self.text


class WrongFile(BatonError):
    """This is no workflow file. docs/workflow.schema.json describes its shape."""

    code = "wrong_file"

    def __init__(self, faults: Sequence[Fault] | str = ()) -> None:
        given = [Fault(text=faults)] if isinstance(faults, str) else faults
        found = tuple(replace(fault, code=self.code) for fault in given)
        super().__init__("\n".join(str(fault) for fault in found))
        self.faults = found


class WrongYaml(WrongFile):
    """The text is not YAML."""

    code = "wrong_yaml"


class UnsafeYaml(WrongFile):
    """The file uses anchors, aliases or tags, or nests too deep. Write the values out."""

    code = "unsafe_yaml"


class TooLargeFile(WrongFile):
    """A workflow file has at most 1 MiB. Put long data into a table or a sample's file."""

    code = "too_large_file"


class WrongSchemaVersion(WrongFile):
    """The file is of another version of the format."""

    code = "wrong_schema_version"


class WrongShape(WrongFile):
    """A key is unknown, missing, or has a value of the wrong kind."""

    code = "wrong_shape"


class WrongPath(WrongFile):
    """A path leaves the folder of the workflow file, or there is no such file."""

    code = "wrong_path"


class WrongTable(WrongFile):
    """A table is a CSV file with a header, a JSON list of objects, or such a list in the file itself."""

    code = "wrong_table"


def dotted(place: Place) -> str:
    """`samples[0].inputs` for ("samples", 0, "inputs")."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")
