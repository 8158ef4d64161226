"""The HTTP side of an xApp."""

import http.client
import json

import pytest

from xapps.sdk.notices import Endpoint, SubscriptionClient
from xapps.sdk.web import XappServer


@pytest.fixture
def server():
    client = SubscriptionClient("http://127.0.0.1:1", Endpoint("127.0.0.1", 1, 1))
    made = XappServer("127.0.0.1", 0, client.notify)
    yield made
    made.close()


def post(server, path: str, body: bytes) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("POST", path, body)
    status = connection.getresponse().status
    connection.close()
    return status


def get(server, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body


def test_what_the_platform_asks_over_http(server, tmp_path, monkeypatch):
    assert get(server, "/ric/v1/health/alive") == (200, b"OK\n")
    assert get(server, "/ric/v1/health/ready") == (200, b"OK\n")
    descriptor = tmp_path / "config-file.json"
    descriptor.write_text(json.dumps({"name": "x"}))
    monkeypatch.setenv("CONFIG_FILE", str(descriptor))
    assert get(server, "/ric/v1/config") == (200, descriptor.read_bytes())
    assert b"python_info" in get(server, "/metrics")[1]
    assert get(server, "/nothing")[0] == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"SubscriptionId": 1}'])
def test_bad_notices_are_refused(server, body):
    assert post(server, "/ric/v1/subscriptions/response", body) == 400
    assert post(server, "/elsewhere", body) == 404
