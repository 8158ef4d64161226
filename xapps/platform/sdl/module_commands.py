"""The commands that the O-RAN SC database adds to Redis: conditional writes, writes with events.

Facts: ric.md section 4.8; semantics as in the redis module of ric-plt-dbaas (an event is published
only when the data changed, keys and events are one step for every other client).
"""

from collections.abc import Callable

from xapps.platform.sdl.arguments import Arguments, CommandError, integer, paired, pairs
from xapps.platform.sdl.commands import Command, Database
from xapps.platform.sdl.resp import OK, Reply

Handler = Callable[[Database, Arguments], Reply]


def _write_where_equal(
    database: Database, key: bytes, value: bytes, other: bytes, equal: bool
) -> bool:
    return database.store.write_if(key, value, lambda old: (old == other) is equal)


def _delete_where_equal(database: Database, key: bytes, other: bytes, equal: bool) -> bool:
    return database.store.delete_if(key, lambda old: (old == other) is equal)


def _setie(database: Database, arguments: Arguments) -> Reply:
    key, value, old = arguments
    return OK if _write_where_equal(database, key, value, old, equal=True) else None


def _setne(database: Database, arguments: Arguments) -> Reply:
    key, value, old = arguments
    return OK if _write_where_equal(database, key, value, old, equal=False) else None


def _delie(database: Database, arguments: Arguments) -> Reply:
    return int(_delete_where_equal(database, arguments[0], arguments[1], equal=True))


def _delne(database: Database, arguments: Arguments) -> Reply:
    return int(_delete_where_equal(database, arguments[0], arguments[1], equal=False))


def _nget(database: Database, arguments: Arguments) -> Reply:
    with database.store.lock:
        found: list[Reply] = []
        for key in database.store.keys(arguments[0]):
            value = database.store.read_any(key)
            if value is not None:
                found += [key, value]
        return found


def _ndel(database: Database, arguments: Arguments) -> Reply:
    with database.store.lock:
        return database.store.delete(database.store.keys(arguments[0]))


def _setie_publish(database: Database, arguments: Arguments) -> Reply:
    key, value, old, *events = arguments
    with database.store.lock:
        announced = paired(events)
        if not _write_where_equal(database, key, value, old, equal=True):
            return None
        return _published(database, announced, OK)


def _setnx_publish(database: Database, arguments: Arguments) -> Reply:
    key, value, *events = arguments
    with database.store.lock:
        announced = paired(events)
        if database.store.kind(key) != "none":
            return None
        database.store.write({key: value})
        return _published(database, announced, OK)


def _delete_publish(equal: bool) -> Handler:
    def run(database: Database, arguments: Arguments) -> Reply:
        key, old, *events = arguments
        with database.store.lock:
            announced = paired(events)
            if not _delete_where_equal(database, key, old, equal):
                return 0
            return _published(database, announced, 1)

    return run


def _mset_publish(database: Database, arguments: Arguments) -> Reply:
    data, events = _counted(arguments, data_width=2)
    with database.store.lock:
        announced = paired(events)
        database.store.write(pairs(data))
        return _published(database, announced, OK)


def _mdel_publish(database: Database, arguments: Arguments) -> Reply:
    keys, events = _counted(arguments, data_width=1)
    with database.store.lock:
        announced = paired(events)
        deleted = database.store.delete(keys)
        return _published(database, announced if deleted else [], deleted)


def _mset_one_event(database: Database, arguments: Arguments) -> Reply:
    with database.store.lock:
        announced = paired(arguments[-2:])
        database.store.write(pairs(arguments[:-2]))
        return _published(database, announced, OK)


def _mdel_one_event(database: Database, arguments: Arguments) -> Reply:
    with database.store.lock:
        announced = paired(arguments[-2:])
        deleted = database.store.delete(arguments[:-2])
        return _published(database, announced if deleted else [], deleted)


def _counted(arguments: Arguments, data_width: int) -> tuple[Arguments, Arguments]:
    """Split ``COUNT_OF_DATA COUNT_OF_EVENTS data... events...``."""
    data_count, event_count = integer(arguments[0]), integer(arguments[1])
    if data_count < 1 or event_count < 1:
        raise CommandError("ERR the counts of data and of events must be greater than zero")
    end = 2 + data_count * data_width
    if end + event_count * 2 != len(arguments):
        raise CommandError("ERR the counts of data and of events do not match the arguments")
    return arguments[2:end], arguments[end:]


def _published(database: Database, events: list[tuple[bytes, bytes]], reply: Reply) -> Reply:
    for channel, message in events:
        database.broker.publish(channel, message)
    return reply


MODULE_COMMANDS: dict[bytes, Command] = {
    b"DELIE": Command(_delie, 2, 2),
    b"DELIEMPUB": Command(_delete_publish(equal=True), 4, None),
    b"DELIEPUB": Command(_delete_publish(equal=True), 4, 4),
    b"DELMPUB": Command(_mdel_publish, 5, None),
    b"DELNE": Command(_delne, 2, 2),
    b"DELNEMPUB": Command(_delete_publish(equal=False), 4, None),
    b"DELNEPUB": Command(_delete_publish(equal=False), 4, 4),
    b"DELPUB": Command(_mdel_one_event, 3, None),
    b"MSETMPUB": Command(_mset_publish, 6, None),
    b"MSETPUB": Command(_mset_one_event, 4, None),
    b"NDEL": Command(_ndel, 1, 1),
    b"NGET": Command(_nget, 1, 1),
    b"SETIE": Command(_setie, 3, 3),
    b"SETIEMPUB": Command(_setie_publish, 5, None),
    b"SETIEPUB": Command(_setie_publish, 5, 5),
    b"SETNE": Command(_setne, 3, 3),
    b"SETNXMPUB": Command(_setnx_publish, 4, None),
    b"SETNXPUB": Command(_setnx_publish, 4, 4),
}
