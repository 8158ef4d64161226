"""The scripts of distributed locks, which ricsdl and redis-py send as Lua.

No Lua runs here: a script is known by the SHA-1 of its text, as ``EVALSHA`` names it, and what it
does is written out below. Any other script is refused.
"""

import hashlib
from collections.abc import Callable

from xapps.platform.sdl.arguments import Arguments, CommandError, integer
from xapps.platform.sdl.commands import Command, Database, expire, ttl_ms
from xapps.platform.sdl.resp import Reply

Script = Callable[[Database, bytes, Arguments], int]


def _release(database: Database, lock: bytes, arguments: Arguments) -> int:
    return int(database.store.delete_if(lock, lambda token: token == arguments[0]))


def _extend(database: Database, lock: bytes, arguments: Arguments) -> int:
    token, added_ms, replace = arguments
    left_ms = ttl_ms(database.store, lock)
    if database.store.read(lock) != token or left_ms < 0:
        return 0
    wanted_ms = integer(added_ms) + (left_ms if replace == b"0" else 0)
    return expire(database.store, lock, wanted_ms)


def _reacquire(database: Database, lock: bytes, arguments: Arguments) -> int:
    if database.store.read(lock) != arguments[0]:
        return 0
    return expire(database.store, lock, integer(arguments[1]))


def _validity(database: Database, lock: bytes, arguments: Arguments) -> int:
    token = database.store.read(lock)
    if token is None:
        return -10
    return ttl_ms(database.store, lock) if token == arguments[0] else -11


# digest: what it does, how many arguments it takes besides its one key
_SCRIPTS: dict[bytes, tuple[Script, int]] = {
    # redis.lock.Lock (redis-py 4.3.6)
    b"c3f8721cbb97f72bc19e972846bd7aaf91901658": (_release, 1),
    b"a4e8783852e6b949f9ef3a97212805108459a890": (_extend, 3),
    b"1cac51482acf5858da00f6d685d68f886cd6b6b2": (_reacquire, 2),
    # ricsdl.backend.redis.RedisBackendLock (ricsdl 3.1.3)
    b"a1cd263f9fd7738509581a71d19c4f4a05f1d918": (_validity, 1),
}


def _evalsha(database: Database, arguments: Arguments) -> Reply:
    digest, keys, *rest = arguments
    known = _SCRIPTS.get(digest.lower())
    if known is None:
        raise CommandError("NOSCRIPT No matching script: only the lock scripts of redis-py run")
    script, arity = known
    if integer(keys) != 1 or len(rest) != 1 + arity:
        raise CommandError(f"ERR this script takes one key and {arity} arguments")
    with database.store.lock:
        return script(database, rest[0], rest[1:])


def _eval(database: Database, arguments: Arguments) -> Reply:
    return _evalsha(database, [_digest(arguments[0]), *arguments[1:]])


def _script(_database: Database, arguments: Arguments) -> Reply:
    match arguments[0].upper(), list(arguments[1:]):
        case b"LOAD", [text]:
            if _digest(text) in _SCRIPTS:
                return _digest(text)
            raise CommandError("ERR only the lock scripts of redis-py and ricsdl can be loaded")
        case b"EXISTS", digests if digests:
            return [int(digest.lower() in _SCRIPTS) for digest in digests]
        case _:
            raise CommandError("ERR SCRIPT knows LOAD and EXISTS here")


def _digest(text: bytes) -> bytes:
    return hashlib.sha1(text, usedforsecurity=False).hexdigest().encode()


SCRIPT_COMMANDS: dict[bytes, Command] = {
    b"EVAL": Command(_eval, 2, None),
    b"EVALSHA": Command(_evalsha, 2, None),
    b"SCRIPT": Command(_script, 2, None),
}
