"""/help: the documents of docs/, as they are in the repository, searchable. Every page links to its part."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from posixpath import join, normpath

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from ui.documents import Document, render_document

DOCS = Path(__file__).resolve().parent.parent / "docs"
PICTURE = re.compile(r"[a-z0-9][a-z0-9_-]*\.png")
CHAPTERS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (_("Begin"), ("first-steps", "help/workflows", "help/running")),
    (_("Work"), ("help/runs", "help/watching", "help/reviewing", "help/people", "help/settings", "roles")),
    (_("Reference"), ("reference/nodes", "reference/tools", "reference/providers", "states", "glossary")),
    (_("Operate"), ("operating", "security", "plugins")),
)
"""Files of docs/, without their ending, in the order of the contents."""
NEAR = 90
"""Characters on either side of a word that was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the contents."""

    name: str
    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A document with the words that were looked for, and the place of the first."""

    entry: Entry
    extract: str


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The contents, or what a search found."""
    wanted = request.GET.get("q", "").strip()[:200]
    context = {"chapters": contents(), "wanted": wanted, "hits": search(wanted) if wanted else []}
    return render(request, "help/index.html", context)


@login_required
@require_safe
def page(request: HttpRequest, name: str) -> HttpResponse:
    """One document; `reviewing/` is docs/help/reviewing.md. The contents where there is none of that name (any more)."""
    known = {url_of(entry.name): entry for _title, entries in contents() for entry in entries}
    entry = known.get(reverse("help_page", args=[name]))
    if entry is None:
        return redirect("help")
    shown = document(entry.name)
    text = SafeString(shown.html)  # nosec B703  # files of this repository, rendered without HTML of their own
    context = {"chapters": contents(), "current": entry, "document": shown, "text": text}
    return render(request, "help/page.html", context)


@require_safe
def picture(_request: HttpRequest, name: str) -> FileResponse:
    """A screenshot of docs/images."""
    path = DOCS / "images" / name
    if not PICTURE.fullmatch(name) or not path.is_file():
        raise Http404
    return FileResponse(path.open("rb"), content_type="image/png")


@lru_cache(maxsize=1)
def contents() -> list[tuple[str | Promise, list[Entry]]]:
    """The chapters with those documents that exist."""
    return [
        (
            title,
            [Entry(name=name, title=document(name).title, url=url_of(name)) for name in names if _path(name).is_file()],
        )
        for title, names in CHAPTERS
    ]


@lru_cache(maxsize=64)
def document(name: str) -> Document:
    """The rendered document of a file in docs/."""
    return render_document(_path(name).read_text(), resolve=lambda target: _resolved(name, target))


def url_of(name: str) -> str:
    """The address of a document."""
    return reverse("help_page", args=[name.removeprefix("help/")])


def search(wanted: str) -> list[Hit]:
    """Documents that have all the words, those with a word in the title first."""
    words = wanted.lower().split()
    found = []
    for _title, entries in contents():
        for entry in entries:
            text = _path(entry.name).read_text()
            if all(word in text.lower() for word in words):
                found.append(Hit(entry=entry, extract=_extract(text, words[0])))
    return sorted(found, key=lambda hit: not any(word in hit.entry.title.lower() for word in words))


def _extract(text: str, word: str) -> str:
    plain = re.sub(r"[#*`|>\[\]]|\(\S+\)", "", text)
    at = max(plain.lower().find(word), 0)
    near = plain[max(at - NEAR, 0) : at + NEAR]
    return "… " + " ".join(near.split()) + " …"


def _path(name: str) -> Path:
    return DOCS / f"{name}.md"


def _resolved(name: str, target: str) -> str | None:
    if target.startswith(("https://", "http://", "#", "/")):
        return target
    path, _mark, anchor = target.partition("#")
    full = normpath(join(name, "..", path))
    if full.startswith("images/"):
        return reverse("help_picture", args=[full.removeprefix("images/")])
    found = full.removesuffix(".md")
    if not full.endswith(".md") or not any(found in names for _title, names in CHAPTERS) or not _path(found).is_file():
        return None
    return url_of(found) + (f"#{anchor}" if anchor else "")
