"""Writes the audit log. Whoever changes rights, secrets or rules calls `record` in the same transaction.

Entries are chained by hashes afterwards, by the sweeper's tick: at commit time nobody knows the order. A link's digest
covers the entry and the digest before it, so a changed, moved or missing entry breaks every later link.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction

from teams.callers import Caller
from teams.models import AuditEntry
from teams.values import JsonObject, TeamsError

SETTLED = timedelta(seconds=60)
"""How old an entry must be to be chained: by then, entries of transactions that began earlier are there."""
BATCH = 1_000


class Checked(StrEnum):
    """What the chain says of an entry."""

    young = "young"
    """It is not in the chain yet: that takes a minute."""
    linked = "linked"
    """It is as it was when it was linked, and so is the link before it."""
    broken = "broken"
    """It was changed, or the link before it is missing."""


class BrokenChain(TeamsError):
    """The audit log was changed behind the product's back. Compare it with a backup."""

    code = "broken_chain"


def record(*, by: Caller, action: str, subject: str, data: JsonObject | None = None, now: datetime) -> AuditEntry:
    """Add an entry to the log of the caller's team. `data` holds no secrets: it is shown to admins as it is."""
    return AuditEntry.objects.create(
        team_id=by.team_id,
        at=now,
        action=action,
        subject=subject,
        data=dict(data or {}),
        user_id=by.user_id,
        user_name=by.name,
        through=by.through,
        token_id=by.token_id,
    )


def chain_audit(*, now: datetime) -> int:
    """Link settled entries to the chain, in the order of their ids; how many. An entry that came late is linked later.

    Safe to run twice at a time: the database knows one entry per link number, and one of the two gives up.
    """
    with transaction.atomic():
        last = AuditEntry.unscoped.exclude(link_number=None).order_by("-link_number").first()
        number, digest = (last.link_number or 0, last.digest) if last else (0, "")
        waiting = AuditEntry.unscoped.filter(link_number=None, at__lte=now - SETTLED).order_by("id")[:BATCH]
        for entry in waiting:
            number, digest = number + 1, digest_of(entry, after=digest)
            if not AuditEntry.unscoped.filter(pk=entry.pk).link(number=number, digest=digest):
                raise BrokenChain(f"Entry {entry.pk} was linked by another process at the same time.")
        return len(waiting)


def verify_chain() -> str:
    """The digest of the last link, to be kept elsewhere. Raises BrokenChain, naming the first entry that does not fit."""
    digest, expected = "", 1
    for entry in AuditEntry.unscoped.exclude(link_number=None).order_by("link_number").iterator():
        if entry.link_number != expected:
            raise BrokenChain(f"Link {expected} of the audit log is missing.", link=expected)
        if entry.digest != digest_of(entry, after=digest):
            raise BrokenChain(f"Entry {entry.pk} of the audit log was changed.", entry=entry.pk)
        digest, expected = entry.digest, expected + 1
    return digest


def checked(entries: Sequence[AuditEntry]) -> list[Checked]:
    """What the chain says of each of these entries, by one query. The whole chain: verify_chain."""
    before = {entry.link_number - 1 for entry in entries if entry.link_number}
    known = dict(AuditEntry.unscoped.filter(link_number__in=before).values_list("link_number", "digest"))
    return [_checked(entry, {0: "", **known}) for entry in entries]


def _checked(entry: AuditEntry, digests: dict[int | None, str]) -> Checked:
    if entry.link_number is None:
        return Checked.young
    after = digests.get(entry.link_number - 1)
    fits = after is not None and entry.digest == digest_of(entry, after=after)
    return Checked.linked if fits else Checked.broken


def digest_of(entry: AuditEntry, *, after: str) -> str:
    """The hash of an entry and of the link before it."""
    parts = [
        after,
        entry.pk,
        entry.team_id,
        entry.at.isoformat(),
        entry.action,
        entry.subject,
        entry.data,
        entry.user_id,
        entry.user_name,
        entry.through,
        entry.token_id,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
