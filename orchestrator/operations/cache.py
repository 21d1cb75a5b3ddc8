"""Results of steps that may be used again."""

import json

from orchestrator.engine.values import Json
from orchestrator.models import CachedResult
from orchestrator.store.database import current_time


def find(*, team: int, key: str) -> Json:
    """What was kept under the key and is young enough, or None."""
    row = CachedResult.objects.of(team).filter(key=key, expires_at__gt=current_time()).first()
    return json.loads(row.value) if row else None


def keep(*, team: int, key: str, value: Json, seconds: int) -> None:
    """Keep a result for so many seconds."""
    CachedResult.unscoped.update_or_create(
        team_id=team,
        key=key,
        defaults={"value": json.dumps(value, ensure_ascii=False), "expires_at": current_time() + seconds},
    )


def forget_expired() -> int:
    """Remove what is too old; how many."""
    return CachedResult.unscoped.filter(expires_at__lte=current_time()).delete()[0]
