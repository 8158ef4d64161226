"""The socket that others connect to."""

import socket

from contracts.errors import ExitCode, RanwrightError

_BACKLOG = 128


def listen(address: str, port: int) -> socket.socket:
    """A listening, non-blocking socket.

    Args:
        address: IPv4 address to bind.
        port: TCP port; 0 for any free one.

    Raises:
        RanwrightError: ``rmr.port_in_use``.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # Bound without REUSEPORT, so that a port in use is noticed; librmr would share it silently.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        # librmr sets this alone: its bind fails on connections in TIME_WAIT made without it.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except (OSError, OverflowError) as error:
        listener.close()
        raise RanwrightError(
            "rmr.port_in_use",
            f"Cannot listen on {address}:{port}: {error}.",
            "Stop the process that uses the port, or give another.",
            ExitCode.USAGE,
        ) from error
    return listener
