"""A namespace of the shared data layer, for the parts that live in the core's own process."""

from collections.abc import Mapping

from xapps.platform.sdl.commands import Database


class Namespace:
    """Keys ``{ns},key`` as ricsdl writes them, so that xApps see what the core keeps."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    def get(self, key: str) -> bytes | None:
        """The value of a key."""
        return self._database.store.read(self._key(key))

    def set(self, items: Mapping[str, bytes]) -> None:
        """Set values, all in one step."""
        self._database.store.write({self._key(key): value for key, value in items.items()})

    def remove(self, *keys: str) -> int:
        """Remove keys or groups, and say how many there were."""
        return self._database.store.delete([self._key(key) for key in keys])

    def find(self, prefix: str) -> dict[str, bytes]:
        """Keys that begin with a prefix, and their values, in the order of keys."""
        store = self._database.store
        escaped = "".join(f"\\{c}" if c in "*?[]\\" else c for c in self._name + "}," + prefix)
        start = len(self._key(""))
        with store.lock:
            values = {
                key: store.read_any(key) for key in store.keys(b"{" + escaped.encode() + b"*")
            }
        found = {k[start:].decode(): v for k, v in values.items() if v is not None}
        return dict(sorted(found.items()))

    def add_member(self, group: str, member: bytes) -> None:
        """Add a member to a group."""
        self._database.store.add_members(self._key(group), [member])

    def remove_member(self, group: str, member: bytes) -> None:
        """Take a member out of a group."""
        self._database.store.remove_members(self._key(group), [member])

    def members(self, group: str) -> frozenset[bytes]:
        """Members of a group."""
        return self._database.store.members(self._key(group))

    def publish(self, channel: str, event: str) -> None:
        """Tell who listens to a channel."""
        self._database.broker.publish(self._key(channel), event.encode())

    def _key(self, key: str) -> bytes:
        return f"{{{self._name}}},{key}".encode()
