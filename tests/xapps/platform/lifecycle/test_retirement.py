"""What an xApp leaves behind when it is undeployed."""

import json
from pathlib import Path

from tests.xapps.platform.waits import wait_until
from xapps.platform.environment import Platform
from xapps.platform.home import RicHome
from xapps.platform.instance import State
from xapps.platform.lifecycle import Lifecycle
from xapps.platform.names import NameMap
from xapps.platform.packages import make_package
from xapps.platform.routes import RouteManager
from xapps.platform.supervisor import Patience

NAME = "service-ricxapp-quiet-http.ricxapp"


def test_a_retired_xapp_is_still_known_by_its_names(tmp_path: Path, routes: RouteManager) -> None:
    (tmp_path / "quiet.py").write_text("import threading\nthreading.Event().wait()\n")
    home, names = RicHome(tmp_path / "ric"), NameMap()
    home.create()
    resolved: list[bool] = []
    lifecycle = Lifecycle(
        home,
        names,
        routes,
        lambda: Platform(1, "127.0.0.1:1", "127.0.0.1:1", {}),
        lambda address: resolved.append(names.resolve(NAME, 8080) == (address, 8080)),
        patience=Patience(grace_s=5.0),
    )
    descriptor = json.dumps({"name": "quiet", "version": "1"}).encode()
    lifecycle.onboard(make_package(descriptor, b"", ["quiet.py"], tmp_path))
    lifecycle.deploy("quiet")
    lifecycle.undeploy("quiet")
    assert resolved == [True]
    assert NAME not in names.export()
    assert lifecycle.deploy("quiet").instance.name == "quiet"
    lifecycle.close()


def test_an_xapp_that_ended_too_often_is_started_again_on_request(
    tmp_path: Path, routes: RouteManager
) -> None:
    (tmp_path / "brief.py").write_text("")
    home = RicHome(tmp_path / "ric")
    home.create()
    lifecycle = Lifecycle(
        home,
        NameMap(),
        routes,
        lambda: Platform(1, "127.0.0.1:1", "127.0.0.1:1", {}),
        lambda _address: None,
        patience=Patience(most_restarts=0),
    )
    descriptor = json.dumps({"name": "brief", "version": "1"}).encode()
    lifecycle.onboard(make_package(descriptor, b"", ["brief.py"], tmp_path))
    lifecycle.deploy("brief")

    def state() -> State:
        return lifecycle.reports()[0].state

    wait_until(lambda: state() is State.FAILED)
    digest = lifecycle.reports()[0].instance.digest
    (tmp_path / "brief.py").write_text("import threading\nthreading.Event().wait()\n")
    lifecycle.restart("brief")
    pid = wait_until(lambda: lifecycle.reports()[0].instance.process)
    assert lifecycle.reports()[0].instance.digest == digest
    lifecycle.restart("brief")  # it runs, and is left alone
    assert lifecycle.reports()[0].instance.process == pid
    lifecycle.close()
