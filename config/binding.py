"""Where the web server may listen: on this machine only, unless the operator has set a secret and no debugging."""

import ipaddress
import socket


class OpenBind(ValueError):
    """The server would be reachable from other machines although it is not set up for that."""


class PortTaken(OSError):
    """Another program listens on the port."""


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def refuse_open_bind(*, address: str, debug: bool, secret_is_generated: bool) -> None:
    """Raises OpenBind where others could reach a server with DEBUG or a generated secret."""
    if is_loopback(address):
        return
    if debug:
        raise OpenBind(f"BATON_DEBUG=1 shows errors to everybody who can reach {address}. Unset it, or BATON_BIND.")
    if secret_is_generated:
        raise OpenBind(f"To listen on {address}, set BATON_SECRET to at least 40 random characters of your own.")


def listening(address: str, port: int) -> socket.socket:
    """A bound socket that does not listen yet. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((address, port))
        made.listen(1024)
    except OSError as error:
        made.close()
        raise PortTaken(
            f"{address} port {port} cannot be used ({error.strerror}). Choose another one with PORT=8001."
        ) from None
    return made
