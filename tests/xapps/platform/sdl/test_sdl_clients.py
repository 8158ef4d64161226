"""The real clients: ricxappframe's wrapper over ricsdl, and redis-py."""

import socket
import threading
from collections.abc import Iterator
from queue import Queue

import pytest
import redis
from ricsdl.syncstorage import SyncStorage
from ricxappframe.xapp_sdl import SDLWrapper

from xapps.platform.sdl.commands import Database
from xapps.platform.sdl.namespace import Namespace

DEADLINE_S = 10


@pytest.fixture
def client(sdl_port: int) -> Iterator[redis.Redis]:
    with redis.Redis(host="127.0.0.1", port=sdl_port) as client:
        yield client


@pytest.fixture
def sdl(sdl_environment: int) -> Iterator[SDLWrapper]:
    wrapper = SDLWrapper()
    yield wrapper
    for context in wrapper._sdl._SyncStorage__dbbackend.clients:
        if context.pubsub_thread.is_alive():
            context.pubsub_thread.stop()
            context.pubsub_thread.join(DEADLINE_S)
    wrapper._sdl.close()


def test_values_of_the_wrapper(sdl: SDLWrapper) -> None:
    assert sdl.healthcheck()
    sdl.set("ns", "a", {"x": [1, 2]})
    assert sdl.get("ns", "a") == {"x": [1, 2]}
    assert sdl.get("other", "a") is None
    assert sdl.set_if("ns", "a", {"x": [1, 2]}, "new")
    assert not sdl.set_if("ns", "a", {"x": [1, 2]}, "newer")
    assert not sdl.set_if("ns", "missing", 1, 2)
    assert sdl.set_if_not_exists("ns", "b", 1)
    assert not sdl.set_if_not_exists("ns", "b", 2)
    assert sorted(sdl.find_keys("ns", "")) == ["a", "b"]
    assert sdl.find_and_get("ns", "b") == {"b": 1}
    assert not sdl.delete_if("ns", "b", 2)
    assert sdl.delete_if("ns", "b", 1)
    sdl.delete("ns", "a")
    assert sdl.find_keys("ns", "") == []


def test_groups_of_the_wrapper(sdl: SDLWrapper) -> None:
    sdl.add_member("ns", "g", "one")
    sdl.add_member("ns", "g", "two")
    assert sdl.get_members("ns", "g") == {"one", "two"}
    assert sdl.is_member("ns", "g", "one")
    assert sdl.group_size("ns", "g") == 2
    sdl.remove_member("ns", "g", "one")
    sdl.remove_group("ns", "g")
    assert sdl.group_size("ns", "g") == 0


def test_events_reach_a_listener_once_and_only_on_change(sdl: SDLWrapper) -> None:
    heard: Queue[tuple[str, list[str]]] = Queue()
    sdl.subscribe_channel("ns", lambda channel, events: heard.put((channel, events)), "ch")
    sdl.start_event_listener()
    sdl.set_and_publish("ns", "ch", ["e1", "e2"], "k", 1)
    assert heard.get(timeout=DEADLINE_S) == ("ch", ["e1", "e2"])
    assert not sdl.set_if_and_publish("ns", "ch", "no", "k", 7, 8)
    assert not sdl.set_if_not_exists_and_publish("ns", "ch", "no", "k", 8)
    assert not sdl.remove_if_and_publish("ns", "ch", "no", "k", 8)
    sdl.remove_and_publish("ns", "ch", "no", "missing")
    assert sdl.set_if_and_publish("ns", "ch", "changed", "k", 1, 2)
    assert sdl.set_if_not_exists_and_publish("ns", "ch", "new", "k2", 1)
    assert sdl.remove_if_and_publish("ns", "ch", "gone", "k", 2)
    sdl.remove_all_and_publish("ns", "ch", "all gone")
    events = [heard.get(timeout=DEADLINE_S)[1][0] for _ in range(4)]
    assert events == ["changed", "new", "gone", "all gone"]
    assert heard.empty()
    sdl.unsubscribe_channel("ns", "ch")


def test_events_of_the_core_reach_xapps(sdl: SDLWrapper, database: Database) -> None:
    heard: Queue[str] = Queue()
    sdl.subscribe_channel("e2Manager", lambda _, events: heard.put(events[0]), "RAN")
    sdl.start_event_listener()
    namespace = Namespace(database, "e2Manager")
    namespace.publish("RAN", "gnb_1_CONNECTED")
    assert heard.get(timeout=DEADLINE_S) == "gnb_1_CONNECTED"
    namespace.set({"RAN:gnb": b"\x01"})
    assert sdl.get("e2Manager", "RAN:gnb", usemsgpack=False) == b"\x01"
    assert namespace.find("RAN:") == {"RAN:gnb": b"\x01"}
    sdl.unsubscribe_channel("e2Manager", "RAN")


def test_locks_of_ricsdl(sdl_environment: int) -> None:
    storage = SyncStorage()
    lock = storage.get_lock_resource("ns", "lock", 10)
    rival = storage.get_lock_resource("ns", "lock", 10)
    with lock:
        assert 0 < lock.get_validity_time() <= 10
        assert not rival.acquire(retry_interval=0.01, retry_timeout=0.05)
        lock.refresh()
    assert rival.acquire(retry_interval=0.01, retry_timeout=1)
    rival.release()
    storage.close()


def test_locks_of_redis_py_expire_and_extend(client: redis.Redis) -> None:
    lock = client.lock("{ns},l", timeout=0.05)
    assert lock.acquire(blocking=False)
    assert lock.extend(0.05, replace_ttl=True)
    assert client.lock("{ns},l", timeout=1).acquire(blocking_timeout=DEADLINE_S)
    with pytest.raises(redis.exceptions.LockError):
        lock.release()


def test_unknown_scripts_and_commands_say_so(client: redis.Redis) -> None:
    with pytest.raises(redis.ResponseError, match="lock scripts"):
        client.eval("return 1", 0)
    with pytest.raises(redis.ResponseError, match="unknown command 'LPUSH'"):
        client.lpush("a", "b")
    with pytest.raises(redis.ResponseError, match="wrong number of arguments"):
        client.execute_command("GET")
    assert client.ping()


def test_kinds_are_not_mixed(client: redis.Redis) -> None:
    client.sadd("g", "m")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        client.get("g")
    client.set("s", "v")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        client.sadd("s", "m")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        client.execute_command("DELIE", "g", "m")
    assert client.mget("s", "g", "missing") == [b"v", None, None]
    client.set("g", "now a string")
    assert client.get("g") == b"now a string"


def test_module_commands_beside_those_of_ricsdl(client: redis.Redis) -> None:
    assert client.execute_command("SETNE", "k", "v", "other") == b"OK"
    assert client.execute_command("SETNE", "k", "w", "v") is None
    assert client.execute_command("NGET", "k*") == [b"k", b"v"]
    assert client.execute_command("DELNE", "k", "v") == 0
    assert client.execute_command("DELNE", "k", "x") == 1
    client.mset({"k1": 1, "k2": 2})
    assert client.execute_command("NDEL", "k*") == 2
    with pytest.raises(redis.ResponseError, match="counts"):
        client.execute_command("MSETMPUB", 2, 1, "k", "v", "c", "m")


def test_patterns_of_channels(client: redis.Redis) -> None:
    listener = client.pubsub(ignore_subscribe_messages=True)
    listener.psubscribe("news.*")
    assert listener.get_message(timeout=DEADLINE_S) is None
    client.publish("news.a", "hello")
    message = listener.get_message(timeout=DEADLINE_S)
    assert (message["pattern"], message["channel"], message["data"]) == (
        b"news.*",
        b"news.a",
        b"hello",
    )
    assert client.pubsub_numpat() == 1
    listener.close()


def test_hostile_bytes_leave_the_server_answering(client: redis.Redis, sdl_port: int) -> None:
    for attack in (
        b"*-5\r\n*1\r\n$x\r\n",
        b"\x00" * 70_000,
        b"*3\r\n$3\r\nSET\r\n",
        b"\xff\xfe\r\n",
    ):
        with socket.create_connection(("127.0.0.1", sdl_port), timeout=DEADLINE_S) as peer:
            peer.sendall(attack)
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(4096):
                pass
    assert client.ping()


def test_a_subscriber_that_does_not_read_is_cut_off(client: redis.Redis, sdl_port: int) -> None:
    with socket.create_connection(("127.0.0.1", sdl_port), timeout=DEADLINE_S) as deaf:
        deaf.sendall(b"SUBSCRIBE flood\r\n")
        assert deaf.recv(4096).startswith(b"*3")
        message = b"x" * (4 * 1024 * 1024)
        counts = [client.publish("flood", message) for _ in range(16)]
    assert counts[0] == 1
    assert counts[-1] == 0


def test_clients_beyond_the_limit_are_told(client: redis.Redis, sdl_port: int) -> None:
    assert client.ping()
    peers = [socket.create_connection(("127.0.0.1", sdl_port), DEADLINE_S) for _ in range(49)]
    for peer in peers:
        peer.sendall(b"PING\r\n")
        assert peer.recv(100) == b"+PONG\r\n"
    with socket.create_connection(("127.0.0.1", sdl_port), timeout=DEADLINE_S) as late:
        assert b"max number of clients" in late.recv(100)
    for peer in peers:
        peer.close()


def test_concurrent_conditional_writes_have_one_winner(sdl_port: int) -> None:
    winners: Queue[int] = Queue()
    begin = threading.Barrier(8)

    def contend(number: int) -> None:
        with redis.Redis(host="127.0.0.1", port=sdl_port) as mine:
            begin.wait(DEADLINE_S)
            if mine.setnx("seat", number):
                winners.put(number)

    threads = [threading.Thread(target=contend, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert winners.qsize() == 1


def test_what_a_web_page_posts_is_no_request(client: redis.Redis, sdl_port: int) -> None:
    command = b"SET forged 1\r\n"
    head = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n\r\n"
    with socket.create_connection(("127.0.0.1", sdl_port)) as page:
        page.settimeout(10)
        page.sendall(head + command)
        assert page.recv(1000) == b""
    assert client.get("forged") is None
