"""The launcher and the map of service names, seen from an xApp and from the outside."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from contracts.errors import ExitCode, RanwrightError
from tests.xapps.platform.ric import SAMPLES, running_ric
from tests.xapps.platform.support import eventually
from xapps.platform.resolver import SERVICE_MAP_VARIABLE, map_services, parse_service_map


@contextmanager
def _application_manager() -> Iterator[tuple[HTTPServer, list[tuple[str, dict]]]]:
    posts: list[tuple[str, dict]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posts.append((self.path, json.loads(body)))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server, posts
        server.shutdown()
        thread.join()


def _run(
    *command: str, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "xapps.platform.launch", *command],
        env={"PATH": "", "PYTHONPATH": str(Path.cwd()), **environment},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_an_xapp_registers_under_the_names_built_into_it(tmp_path: Path) -> None:
    descriptor = tmp_path / "config-file.json"
    descriptor.write_text(json.dumps({"name": "responder", "version": "1.0.0"}), encoding="utf-8")
    with _application_manager() as (server, posts), running_ric() as ric:
        services = {
            "service-ricplt-appmgr-http.ricplt:8080": f"127.0.0.1:{server.server_port}",
        }
        ric.start_sample(
            "responder.py",
            CONFIG_FILE=str(descriptor),
            HOSTNAME="responder-host",
            SERVICE_RICXAPP_RESPONDER_HOST_HTTP_PORT="tcp://127.0.0.1:1",
            SERVICE_RICXAPP_RESPONDER_HOST_RMR_PORT="tcp://127.0.0.1:2",
            **{SERVICE_MAP_VARIABLE: json.dumps(services)},
        )
        eventually(lambda: posts, "the registration")
        path, body = posts[0]
    assert path == "/ric/v1/register"
    assert (body["appName"], body["appInstanceName"]) == ("responder-host", "responder")
    assert (body["httpEndpoint"], body["rmrEndpoint"]) == ("127.0.0.1:1", "127.0.0.1:2")


def test_a_module_runs_as_python_would_run_it(tmp_path: Path) -> None:
    package = tmp_path / "foreign_xapp"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(
        "import sys\nfrom ricxappframe.rmr import rmr\n"
        "print(__name__, sys.argv[1:], rmr.RMR_MAX_RCV_BYTES)\nsys.exit(7)\n",
        encoding="utf-8",
    )
    done = _run("-m", "foreign_xapp", "one", "--two", cwd=tmp_path)
    assert done.stdout == "__main__ ['one', '--two'] 2048\n"
    assert done.returncode == 7


def test_a_script_finds_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").write_text("WORD = 'here'\n", encoding="utf-8")
    script = tmp_path / "xapp.py"
    script.write_text("import sys\nimport neighbour\nprint(neighbour.WORD, sys.argv)\n", "utf-8")
    done = _run(str(script), "argument")
    assert done.stdout == f"here ['{script}', 'argument']\n"
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", [(), ("-m",), ("--help",), ("/no/such/script.py",)])
def test_without_an_xapp_it_says_how(command: tuple[str, ...]) -> None:
    done = _run(*command)
    assert done.returncode == ExitCode.USAGE
    assert json.loads(done.stderr)["code"] == "launch.usage"


def test_a_bad_map_stops_the_launch() -> None:
    done = _run(str(SAMPLES / "responder.py"), **{SERVICE_MAP_VARIABLE: '{"host": 5}'})
    assert done.returncode == ExitCode.USAGE
    assert json.loads(done.stderr)["code"] == "launch.bad_service_map"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "5",
        "{",
        '{"a": null}',
        '{"a:x": "b"}',
        '{":1": "b"}',
        '{"a": "b:99999"}',
        '{"a": ""}',
    ],
)
def test_a_map_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(RanwrightError, match=r"launch\.bad_service_map"):
        parse_service_map(text)


def test_names_lead_where_the_map_says_and_others_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", plain)
    map_services(
        {
            "service-a.ricplt:8080": "127.0.0.1:1234",
            "service-b.ricplt": "127.0.0.2",
            "service-b.ricplt:9": "127.0.0.3:99",
        }
    )

    def resolved(host: object, port: object) -> tuple[str, int]:
        return socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0][4]

    assert resolved("service-a.ricplt", 8080) == ("127.0.0.1", 1234)
    assert resolved(b"SERVICE-A.ricplt", "8080") == ("127.0.0.1", 1234)
    assert resolved("service-b.ricplt", 6379) == ("127.0.0.2", 6379)
    assert resolved("service-b.ricplt", 9) == ("127.0.0.3", 99)
    assert resolved("127.0.0.9", 8080) == ("127.0.0.9", 8080)
    with pytest.raises(socket.gaierror):
        resolved("service-a.ricplt.invalid.", 8081)
