"""The tags of a workflow: words by which people find it."""

from collections.abc import Sequence

from django.db import transaction

from orchestrator.engine.values import BatonError
from orchestrator.models import Tag, Workflow
from teams.errors import WrongInput
from teams.values import clean

LONGEST, MOST = 40, 20


class WrongTags(BatonError, WrongInput):
    """A workflow has at most 20 tags of at most 40 characters each, without commas. Shorten them."""

    code = "wrong_tags"


def checked_tags(tags: Sequence[str]) -> list[str]:
    """Each once, whatever its capitals, without blanks around. Raises WrongTags."""
    found = {tag.casefold(): tag for given in reversed(tags) if (tag := " ".join(clean(given).split()))}
    if len(found) > MOST or any(len(tag) > LONGEST or "," in tag for tag in found.values()):
        raise WrongTags
    return sorted(found.values(), key=str.casefold)


def set_tags(*, workflow: Workflow, tags: Sequence[str] | None) -> None:
    """The workflow has these tags and no others; None leaves them. Raises WrongTags."""
    if tags is None:
        return
    wanted = checked_tags(tags)
    with transaction.atomic():
        rows = Tag.objects.of(workflow.team_id).filter(workflow=workflow)
        rows.exclude(name__in=wanted).delete()
        present = set(rows.values_list("name", flat=True))
        Tag.objects.bulk_create([Tag(workflow=workflow, name=name) for name in wanted if name not in present])
