"""The plain Redis commands that SDL clients use."""

from collections.abc import Callable
from dataclasses import dataclass

from xapps.platform.sdl.arguments import Arguments, CommandError, integer, pairs
from xapps.platform.sdl.broker import Broker
from xapps.platform.sdl.resp import OK, Reply, Simple
from xapps.platform.sdl.store import Store


@dataclass(frozen=True, slots=True)
class Database:
    """What commands work on."""

    store: Store
    broker: Broker


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its handler, and how many arguments it takes (``most=None``: any number)."""

    run: Callable[[Database, Arguments], Reply]
    fewest: int
    most: int | None


def _get(database: Database, arguments: Arguments) -> Reply:
    return database.store.read(arguments[0])


def _mget(database: Database, arguments: Arguments) -> Reply:
    with database.store.lock:
        return [database.store.read_any(key) for key in arguments]


def _mset(database: Database, arguments: Arguments) -> Reply:
    database.store.write(pairs(arguments))
    return OK


def _set(database: Database, arguments: Arguments) -> Reply:
    key, value, *options = arguments
    wanted = _set_options(options)
    with database.store.lock:
        present = database.store.kind(key) != "none"
        if (wanted.only_absent and present) or (wanted.only_present and not present):
            return None
        expires_at_s = None
        if wanted.ttl_ms is not None:
            expires_at_s = database.store.now_s() + wanted.ttl_ms / 1000
        database.store.write({key: value}, expires_at_s)
    return OK


@dataclass(slots=True)
class _SetOptions:
    only_absent: bool = False
    only_present: bool = False
    ttl_ms: int | None = None


def _set_options(options: Arguments) -> _SetOptions:
    chosen = _SetOptions()
    words = iter(options)
    for word in words:
        match word.upper():
            case b"NX":
                chosen.only_absent = True
            case b"XX":
                chosen.only_present = True
            case b"PX" | b"EX" as unit:
                ttl = integer(next(words, b""))
                chosen.ttl_ms = ttl * (1 if unit == b"PX" else 1000)
            case _:
                raise CommandError("ERR syntax error")
    if chosen.only_absent and chosen.only_present:
        raise CommandError("ERR syntax error")
    if chosen.ttl_ms is not None and chosen.ttl_ms <= 0:
        raise CommandError("ERR invalid expire time in 'set' command")
    return chosen


def _setnx(database: Database, arguments: Arguments) -> Reply:
    with database.store.lock:
        if database.store.kind(arguments[0]) != "none":
            return 0
        database.store.write({arguments[0]: arguments[1]})
        return 1


def _del(database: Database, arguments: Arguments) -> Reply:
    return database.store.delete(arguments)


def _exists(database: Database, arguments: Arguments) -> Reply:
    return sum(database.store.kind(key) != "none" for key in arguments)


def _type(database: Database, arguments: Arguments) -> Reply:
    return Simple(database.store.kind(arguments[0]))


def _keys(database: Database, arguments: Arguments) -> Reply:
    return list(database.store.keys(arguments[0]))


def _dbsize(database: Database, _arguments: Arguments) -> Reply:
    return len(database.store.keys(b"*"))


def _pexpire(database: Database, arguments: Arguments) -> Reply:
    return expire(database.store, arguments[0], integer(arguments[1]))


def _expire(database: Database, arguments: Arguments) -> Reply:
    return expire(database.store, arguments[0], integer(arguments[1]) * 1000)


def expire(store: Store, key: bytes, ttl_ms: int) -> int:
    """Let a key expire after a time; at once where the time is not positive."""
    if ttl_ms <= 0:
        return store.delete([key])
    return int(store.expire(key, store.now_s() + ttl_ms / 1000))


def _pttl(database: Database, arguments: Arguments) -> Reply:
    return ttl_ms(database.store, arguments[0])


def _ttl(database: Database, arguments: Arguments) -> Reply:
    left_ms = ttl_ms(database.store, arguments[0])
    return left_ms if left_ms < 0 else round(left_ms / 1000)


def ttl_ms(store: Store, key: bytes) -> int:
    """Time that a key has left; -1 where it never expires, -2 where it is not there."""
    with store.lock:
        left_s = store.remaining_s(key)
        if left_s is None:
            return -2 if store.kind(key) == "none" else -1
        return round(left_s * 1000)


def _sadd(database: Database, arguments: Arguments) -> Reply:
    return database.store.add_members(arguments[0], arguments[1:])


def _srem(database: Database, arguments: Arguments) -> Reply:
    return database.store.remove_members(arguments[0], arguments[1:])


def _smembers(database: Database, arguments: Arguments) -> Reply:
    return list(database.store.members(arguments[0]))


def _sismember(database: Database, arguments: Arguments) -> Reply:
    return int(arguments[1] in database.store.members(arguments[0]))


def _scard(database: Database, arguments: Arguments) -> Reply:
    return len(database.store.members(arguments[0]))


def _publish(database: Database, arguments: Arguments) -> Reply:
    return database.broker.publish(arguments[0], arguments[1])


def _pubsub(database: Database, arguments: Arguments) -> Reply:
    what, *rest = arguments
    match what.upper(), rest:
        case b"CHANNELS", []:
            return list(database.broker.channels())
        case b"CHANNELS", [pattern]:
            return list(database.broker.channels(pattern))
        case b"NUMSUB", channels:
            counts: list[Reply] = []
            for channel in channels:
                counts += [channel, database.broker.listeners(channel)]
            return counts
        case b"NUMPAT", []:
            return database.broker.patterns()
        case _:
            raise CommandError("ERR Unknown PUBSUB subcommand or wrong number of arguments")


def _ping(_database: Database, arguments: Arguments) -> Reply:
    return arguments[0] if arguments else Simple("PONG")


def _echo(_database: Database, arguments: Arguments) -> Reply:
    return arguments[0]


def _select(_database: Database, arguments: Arguments) -> Reply:
    if arguments[0] != b"0":
        raise CommandError("ERR DB index is out of range: there is one database, 0")
    return OK


def _client(_database: Database, arguments: Arguments) -> Reply:
    """Clients introduce themselves at connect; nothing here depends on who they are."""
    if arguments[0].upper() in (b"SETNAME", b"SETINFO"):
        return OK
    raise CommandError("ERR CLIENT knows SETNAME and SETINFO here")


COMMANDS: dict[bytes, Command] = {
    b"CLIENT": Command(_client, 1, None),
    b"DBSIZE": Command(_dbsize, 0, 0),
    b"DEL": Command(_del, 1, None),
    b"ECHO": Command(_echo, 1, 1),
    b"EXISTS": Command(_exists, 1, None),
    b"EXPIRE": Command(_expire, 2, 2),
    b"GET": Command(_get, 1, 1),
    b"KEYS": Command(_keys, 1, 1),
    b"MGET": Command(_mget, 1, None),
    b"MSET": Command(_mset, 2, None),
    b"PEXPIRE": Command(_pexpire, 2, 2),
    b"PING": Command(_ping, 0, 1),
    b"PTTL": Command(_pttl, 1, 1),
    b"PUBLISH": Command(_publish, 2, 2),
    b"PUBSUB": Command(_pubsub, 1, None),
    b"SADD": Command(_sadd, 2, None),
    b"SCARD": Command(_scard, 1, 1),
    b"SELECT": Command(_select, 1, 1),
    b"SET": Command(_set, 2, None),
    b"SETNX": Command(_setnx, 2, 2),
    b"SISMEMBER": Command(_sismember, 2, 2),
    b"SMEMBERS": Command(_smembers, 1, 1),
    b"SREM": Command(_srem, 2, None),
    b"TTL": Command(_ttl, 1, 1),
    b"TYPE": Command(_type, 1, 1),
    b"UNLINK": Command(_del, 1, None),
}
