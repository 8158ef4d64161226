"""Which E2 nodes there are, from the e2 manager."""

import http.client
import json
from typing import Any
from urllib.parse import quote, urlsplit

from contracts.e2.ccc import is_ccc
from contracts.e2.kpm.version import OIDS as KPM_OIDS
from contracts.e2.llc import OID as LLC_OID
from contracts.e2.rc.version import OID as RC_OID
from contracts.errors import RanwrightError
from xapps.sdk.gnb import Functions

_TIMEOUT_S = 5.0


class NodeDirectory:
    """Asks the e2 manager.

    Args:
        url: of it, e.g. ``http://service-ricplt-e2mgr-http.ricplt:3800``.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)

    def connected(self) -> list[str]:
        """RAN names of the nodes that are connected.

        Raises:
            RanwrightError: ``e2.platform_unreachable``.
        """
        return [
            node["inventoryName"]
            for node in self._get("/v1/nodeb/states")
            if node["connectionStatus"] == "CONNECTED"
        ]

    def functions(self, ran_name: str) -> Functions:
        """The RAN functions that our xApps use, by their object identifiers.

        Raises:
            RanwrightError: ``e2.platform_unreachable``, or ``e2.function_missing``.
        """
        node = self._get(f"/v1/nodeb/{quote(ran_name, safe='')}")
        offered = node.get("gnb", {}).get("ranFunctions", ())  # an eNB has no place for them
        oids = {f["ranFunctionOid"]: int(f["ranFunctionId"]) for f in offered}
        kpm = next((n for oid, n in oids.items() if oid in KPM_OIDS), None)
        ccc = next((n for oid, n in oids.items() if is_ccc(oid)), None)
        if kpm is None or ccc is None:
            raise RanwrightError(
                "e2.function_missing",
                f"{ran_name} offers {', '.join(sorted(oids)) or 'no RAN function'}.",
                "E2SM-KPM and E2SM-CCC are needed.",
            )
        return Functions(kpm, ccc, oids.get(RC_OID), oids.get(LLC_OID))

    def _get(self, path: str) -> Any:
        connection = http.client.HTTPConnection(*self._address, timeout=_TIMEOUT_S)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
        except OSError as error:
            raise _unreachable(str(error)) from error
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise _unreachable(f"HTTP {response.status}: {body[:200].decode(errors='replace')}")
        return json.loads(body)


def _unreachable(why: str) -> RanwrightError:
    return RanwrightError(
        "e2.platform_unreachable",
        f"The e2 manager does not answer: {why}",
        "Check that the RIC runs (ranwright ric status).",
    )
