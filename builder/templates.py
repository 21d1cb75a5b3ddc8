"""The templates of the gallery: workflow files that come with the product, with their pictures, tables and sample files."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.templatetags.static import static
from django.utils.safestring import SafeString

from builder.portable import WorkflowFile, read_file
from builder.publishing import new_version
from orchestrator.engine.values import BatonError
from orchestrator.operations.workflows import NewVersion
from orchestrator.queries.looks import look_of
from teams.errors import NotFound
from ui.graph.reading import View, read_graph
from ui.graph.svg import draw
from ui.icons import SPRITE

GALLERY = Path(__file__).resolve().parent / "gallery"
FIRST = "support_ticket"


class TemplateNotFound(BatonError, NotFound):
    """There is no such template. Choose one of the gallery."""

    code = "no_such_template"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A card of the gallery. `name` is its file's."""

    name: str
    title: str
    description: str
    tags: tuple[str, ...]
    steps: int
    samples: int
    tables: tuple[str, ...]
    picture: SafeString


@lru_cache(maxsize=1)
def templates() -> tuple[Template, ...]:
    """All of them, by their titles, after the one to begin with."""
    found = [_template(path) for path in GALLERY.glob("*.yaml")]
    return tuple(sorted(found, key=lambda template: (template.name != FIRST, template.title)))


def templates_with(*, text: str) -> Sequence[Template]:
    """Those in which all the words stand."""
    words = text.lower().split()
    return [one for one in templates() if all(word in _words(one) for word in words)]


def version_of_template(*, name: str, replaces_tables: bool, keeps_tables: bool) -> NewVersion:
    """What using it publishes. `keeps_tables`: it works with the team's tables of those names. Raises TemplateNotFound."""
    if name not in {template.name for template in templates()}:
        raise TemplateNotFound
    text = (GALLERY / f"{name}.yaml").read_text()
    new = new_version(text, base=GALLERY, note="From the gallery", replaces_tables=replaces_tables)
    return new if not keeps_tables else _without_tables(new)


def _without_tables(new: NewVersion) -> NewVersion:
    values = {name: getattr(new, name) for name in new.__dataclass_fields__}
    return NewVersion(**{**values, "tables": {}})


def _template(path: Path) -> Template:
    file = read_file(path.read_text(), base=GALLERY)
    return Template(
        name=path.stem,
        title=file.name,
        description=file.description,
        tags=file.tags,
        steps=_steps(file.document),
        samples=len(file.samples),
        tables=tuple(sorted(file.tables)),
        picture=_picture(file),
    )


def _picture(file: WorkflowFile) -> SafeString:
    """Drawn from a file of ours; `draw` escapes the names all the same."""
    view = View(name=file.name, look=look_of, layout=file.layout)
    picture = draw(read_graph(file.document, view), icons=static(SPRITE))
    return SafeString(picture)  # nosec B703  # ui.graph.svg escapes every text


def _steps(document: object) -> int:
    """Those inside containers too."""
    nodes = document.get("nodes") or {} if isinstance(document, dict) else {}
    return sum(1 + _steps((node.get("config") or {}).get("body")) for node in nodes.values())


def _words(template: Template) -> str:
    return " ".join([template.title, template.description, *template.tags]).lower()
