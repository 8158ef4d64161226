"""``/v1/nodeb`` of the E2 manager (facts: ric.md section 4.9)."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Response

from xapps.platform.http import RefusedError, application
from xapps.platform.rnib import Node, Rnib


def e2mgr_application(rnib: Rnib, is_ready: Callable[[], bool]) -> FastAPI:
    """The REST application.

    Args:
        rnib: the nodes.
        is_ready: whether the core serves all it should.
    """
    app = application("E2 manager")

    @app.get("/v1/health")
    def health() -> Response:
        return Response(status_code=200 if is_ready() else 500)

    @app.get("/v1/nodeb/states")
    def states() -> list[dict[str, Any]]:
        return [
            {
                "inventoryName": node.name,
                "globalNbId": {"plmnId": node.plmn_id, "nbId": node.nb_id},
                "connectionStatus": node.status.name,
            }
            for node in rnib.nodes()
        ]

    @app.get("/v1/nodeb/ids")
    def ids() -> list[dict[str, Any]]:
        return states()

    @app.get("/v1/nodeb/{ran_name}")
    def node(ran_name: str) -> dict[str, Any]:
        found = rnib.node(ran_name)
        if found is None:
            raise RefusedError(
                404, "e2mgr.unknown", f"There is no node {ran_name!r}.", "See /v1/nodeb/states."
            )
        return _details(found)

    return app


def _details(node: Node) -> dict[str, Any]:
    functions = [
        {
            "ranFunctionId": function.function_id,
            "ranFunctionDefinition": function.definition.hex().upper(),
            "ranFunctionRevision": function.revision,
            "ranFunctionOid": function.oid,
        }
        for function in node.functions
    ]
    return {
        "ranName": node.name,
        "connectionStatus": node.status.name,
        "globalNbId": {"plmnId": node.plmn_id, "nbId": node.nb_id},
        "nodeType": node.node_type,
        node.node_type.lower(): {"ranFunctions": functions, "servedNrCells": []},
        "associatedE2tInstanceAddress": node.termination,
        "setupFromNetwork": True,
    }
