"""What uvicorn serves: Django for HTTP, Channels for sockets."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from django.urls import re_path

http = get_asgi_application()  # before anything that imports models


async def no_such_socket(_scope: Any, receive: Any, send: Any) -> None:
    """Closes a socket at an address that does not exist."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})


websocket_routes = [re_path(r"^.*$", no_such_socket)]  # type: ignore[arg-type]  # Channels routes applications, not views

application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_routes))),
    }
)
