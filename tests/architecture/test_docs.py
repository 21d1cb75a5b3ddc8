"""What the documents name is there: files that are linked, modules that ARCHITECTURE.md walks through, workflows that run."""

import re

import pytest

from builder.portable_problems import validate
from orchestrator.registry import node_types
from tests.architecture.sources import ROOT, committed, place

PAGES = committed("*.md")
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#]+)")
MODULE = re.compile(r"`([a-z_]+(?:/[a-z_*]+)+(?:\.py|/))`")
WORKFLOW = re.compile(r"^```yaml\n(schema: 1\n.*?)^```$", re.MULTILINE | re.DOTALL)
HOMES = ("", "orchestrator/")
"""Where the paths of ARCHITECTURE.md begin."""


@pytest.mark.parametrize("page", PAGES, ids=place)
def test_every_link_leads_somewhere(page) -> None:
    links = LINK.findall(page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_files_that_one_run_passes_are_there() -> None:
    named = MODULE.findall((ROOT / "ARCHITECTURE.md").read_text())
    assert len(named) > 40
    assert [name for name in named if not any([*ROOT.glob(home + name.rstrip("/"))] for home in HOMES)] == []


def test_the_workflows_of_the_documents_have_no_problems() -> None:
    found = {page: WORKFLOW.findall(page.read_text()) for page in PAGES}
    texts = [(place(page), text) for page, all_of in found.items() for text in all_of]
    assert texts
    own = [(name, text) for name, text in texts if set(re.findall(r"type: (\w+), config", text)) <= set(node_types())]
    assert [(name, str(fault)) for name, text in own for fault in validate(text, base=None)] == []
