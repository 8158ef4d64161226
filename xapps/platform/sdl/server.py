"""The listener of the shared data layer."""

import asyncio

from xapps.platform.sdl.commands import Database
from xapps.platform.sdl.session import Session

MAX_CLIENTS = 1_000


class SdlServer:
    """Answers Redis clients on a loopback port; lives in the event loop that starts it."""

    def __init__(self, database: Database, max_clients: int = MAX_CLIENTS) -> None:
        self._database = database
        self._max_clients = max_clients
        self._sessions: set[Session] = set()
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> int:
        """Listen on 127.0.0.1, and return the port (``0``: the system chooses)."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, "127.0.0.1", port)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Hang up on every client and stop listening."""
        if self._server is None:
            return
        self._server.close()
        for session in list(self._sessions):
            session.close()
        await self._server.wait_closed()

    def _session(self) -> Session:
        return Session(self._database, self._sessions, self._max_clients)
