"""Files that are made from the code: `python -m config.generated` writes them, `--check` tells which are out of date."""

import os
import sys
from collections.abc import Callable, Mapping

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from builder.schema import schema_text
from config import reference, states
from config.api_document import openapi_text
from config.environment import BASE, dotenv_example
from teams.policy import role_page

FILES: Mapping[str, Callable[[], str]] = {
    ".env.example": dotenv_example,
    "docs/states.md": states.page,
    "docs/roles.md": role_page,
    "docs/workflow.schema.json": schema_text,
    "docs/openapi.json": openapi_text,
    **reference.PAGES,
}


def stale() -> list[str]:
    """Names of generated files that differ from what the code says now."""
    return [name for name, make in FILES.items() if not (BASE / name).exists() or (BASE / name).read_text() != make()]


def write() -> list[str]:
    """Write what is stale; its names."""
    names = stale()
    for name in names:
        (BASE / name).parent.mkdir(parents=True, exist_ok=True)
        (BASE / name).write_text(FILES[name]())
    return names


def main() -> int:
    """1 where --check finds a stale file."""
    is_check = "--check" in sys.argv[1:]
    names = stale() if is_check else write()
    word = "is out of date; run `make docs`" if is_check else "written"
    sys.stdout.write("\n".join(f"{name} {word}" for name in names) or "Generated files are up to date.")
    sys.stdout.write("\n")
    return 1 if names and is_check else 0


if __name__ == "__main__":
    sys.exit(main())
