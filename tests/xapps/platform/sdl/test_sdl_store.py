"""The store against a plain model, over restarts, and against a real Redis where there is one."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from xapps.platform.sdl import store as store_module
from xapps.platform.sdl.commands import Database
from xapps.platform.sdl.store import Store, StoreFullError, WrongTypeError

keys = st.sampled_from([b"a", b"b", b"c"])
values = st.binary(max_size=5)


class StoreOverRestarts(RuleBasedStateMachine):
    """Whatever was answered is there after the file is opened again."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = Store(self.folder / "s.sqlite")
        self.model: dict[bytes, bytes | set[bytes]] = {}

    @rule(key=keys, value=values)
    def write(self, key: bytes, value: bytes) -> None:
        self.store.write({key: value})
        self.model[key] = value

    @rule(key=keys, member=values)
    def add(self, key: bytes, member: bytes) -> None:
        if isinstance(self.model.get(key), bytes):
            with pytest.raises(WrongTypeError):
                self.store.add_members(key, [member])
            return
        self.store.add_members(key, [member])
        self.model.setdefault(key, set()).add(member)

    @rule(key=keys, member=values)
    def remove(self, key: bytes, member: bytes) -> None:
        present = self.model.get(key)
        if isinstance(present, set):
            assert self.store.remove_members(key, [member]) == (member in present)
            present.discard(member)
            if not present:
                del self.model[key]

    @rule(key=keys)
    def delete(self, key: bytes) -> None:
        assert self.store.delete([key, key]) == (self.model.pop(key, None) is not None)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Store(self.folder / "s.sqlite")

    @invariant()
    def same(self) -> None:
        assert set(self.store.keys(b"*")) == set(self.model)
        for key, value in self.model.items():
            if isinstance(value, set):
                assert self.store.members(key) == value
            else:
                assert self.store.read(key) == value

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)


TestStoreOverRestarts = StoreOverRestarts.TestCase
TestStoreOverRestarts.settings = settings(max_examples=25, stateful_step_count=30)


def test_keys_expire_also_after_a_restart(tmp_path: Path) -> None:
    now_s = 100.0
    store = Store(tmp_path / "s.sqlite", now_s=lambda: now_s)
    store.write({b"k": b"v", b"stays": b"v"})
    assert store.expire(b"k", 105.0)
    assert not store.expire(b"missing", 105.0)
    store.close()
    store = Store(tmp_path / "s.sqlite", now_s=lambda: now_s)
    assert store.remaining_s(b"k") == 5.0
    now_s = 106.0
    assert store.read(b"k") is None
    assert store.keys(b"*") == [b"stays"]
    store.close()


def test_a_full_store_refuses_and_stays_as_it_was(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "MAX_STORE_BYTES", 1000)
    database.store.write({b"k": b"v" * 500})
    with pytest.raises(StoreFullError):
        database.store.write({b"k2": b"v" * 500})
    with pytest.raises(StoreFullError):
        database.store.add_members(b"g", [b"m" * 500])
    database.store.write({b"k": b"w" * 900})
    assert database.store.keys(b"*") == [b"k"]
    database.store.delete([b"k"])
    database.store.write({b"k2": b"v" * 900})


@pytest.fixture(scope="module")
def real_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis.Redis]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server is installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
    client = redis.Redis(host="127.0.0.1", port=port)
    deadline = time.monotonic() + 10
    while True:
        try:
            client.ping()
            break
        except redis.ConnectionError:
            if time.monotonic() > deadline:
                raise
    yield client
    client.close()
    process.terminate()
    process.wait(10)


names = st.sampled_from(["a", "b", "c"])
plain_commands = st.one_of(
    st.tuples(st.sampled_from(["GET", "SMEMBERS", "SCARD", "TYPE", "DEL", "PTTL"]), names),
    st.tuples(st.sampled_from(["SET", "SETNX", "SADD", "SREM", "SISMEMBER", "MGET"]), names, names),
    st.tuples(st.just("MSET"), names, names, names, names),
    st.tuples(st.just("SET"), names, names, st.sampled_from(["NX", "XX", "BOGUS"])),
    st.tuples(st.just("KEYS"), st.sampled_from(["*", "a*", "[ab]", "?", "[^a]", "\\a"])),
    st.tuples(st.just("EXISTS"), names, names),
)


def outcome(client: redis.Redis, command: tuple[str, ...]) -> object:
    try:
        answer = client.execute_command(*command)
    except redis.ResponseError as error:
        return ("refused", str(error).split()[0])
    return sorted(answer) if command[0] == "KEYS" else answer


def test_plain_commands_agree_with_a_real_redis(real_redis: redis.Redis, sdl_port: int) -> None:
    ours = redis.Redis(host="127.0.0.1", port=sdl_port)

    @given(st.lists(plain_commands, max_size=15))
    def agree(commands: list[tuple[str, ...]]) -> None:
        real_redis.flushdb()
        ours.delete("a", "b", "c")
        for command in commands:
            assert outcome(ours, command) == outcome(real_redis, command), command

    agree()
    ours.close()
