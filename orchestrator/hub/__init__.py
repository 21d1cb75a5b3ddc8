"""The live hub of a web process: new events of watched runs, read once and handed to everyone who watches.

Whoever watches enters with who they are, names runs, and takes frames out of a bounded queue. Doorbells are hints; what a
watcher gets comes from the database, in order and without gaps. Nothing here writes run state.
"""

from orchestrator.hub.live import Hub
from orchestrator.hub.watcher import Watcher

hub = Hub()
"""The one of this process. It works on the event loop of its first watcher, and rests while there is none."""

__all__ = ["Hub", "Watcher", "hub"]
