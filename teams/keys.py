"""The server's key ring, and secrets opened with it: for the one who builds a client, and for nobody else.

Every value that was opened in this process is remembered (teams.opened), so that logs and errors can be cleaned of it.
"""

from collections.abc import Mapping

from django.conf import settings

from teams.models import Connection, Secret
from teams.opened import remember
from teams.secrets import KeyRing, Sealed


def key_ring() -> KeyRing:
    """The keys of the settings: the present secret, then the earlier ones."""
    return KeyRing([settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])


def seal(ring: KeyRing, row: Secret, value: str) -> None:
    """Put the value into a row that has its id and team."""
    sealed = ring.seal(value, team_id=row.team_id, row_id=str(row.pk))
    row.key_id, row.sealed = sealed.key_id, sealed.data


def open_secret(ring: KeyRing, row: Secret) -> str:
    """The value in a row. Raises UnreadableSecret."""
    sealed = Sealed(key_id=row.key_id, data=bytes(row.sealed))
    value = ring.open(sealed, team_id=row.team_id, row_id=str(row.pk))
    remember(value)
    return value


def secrets_of(connection: Connection) -> Mapping[str, str]:
    """The values of a connection by their names. Raises UnreadableSecret."""
    ring = key_ring()
    rows = Secret.objects.of(connection.team_id).filter(connection=connection)
    return {row.name: open_secret(ring, row) for row in rows}
