"""A1 northbound: ``/A1-P/v2`` of the Go mediator and ``/a1-p`` of the older Python one.

Facts: ric.md section 4.7. The two differ in the body of a status only.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Path, Response

from xapps.platform.a1.mediator import MAX_TYPE_ID, A1Mediator
from xapps.platform.a1.policies import Instance
from xapps.platform.http import JsonBody, application, json_body

TypeId = Annotated[int, Path(ge=0, le=MAX_TYPE_ID)]
MAX_POLICY_BYTES = 4 * 1024 * 1024
"""A certificate holds the network as it was measured: 1.2 MB for 57 cells that 570 UEs all hear."""

PolicyBody = Annotated[Any, Depends(json_body(MAX_POLICY_BYTES))]
InstanceId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
StatusBody = Callable[[Instance], dict[str, Any]]


def a1_application(mediator: A1Mediator) -> FastAPI:
    """The REST application of a mediator."""
    app = application("A1 mediator")
    app.include_router(_router(mediator, status_v2), prefix="/A1-P/v2")
    app.include_router(_router(mediator, status_legacy), prefix="/a1-p")
    return app


def status_v2(instance: Instance) -> dict[str, Any]:
    """``ENFORCED`` when xApps answered and every one said OK; else not, and why."""
    answers = instance.handlers
    if answers and set(answers.values()) == {"OK"}:
        return {"enforceStatus": "ENFORCED"}
    failing = sorted(name for name, status in answers.items() if status != "OK")
    detail = f"refused by {', '.join(failing)}" if failing else "no xApp has answered"
    return {"enforceStatus": "NOT_ENFORCED", "enforceReason": "OTHER_REASON", "detail": detail}


def status_legacy(instance: Instance) -> dict[str, Any]:
    """The same in the words of the Python mediator."""
    enforced = status_v2(instance)["enforceStatus"] == "ENFORCED"
    return {
        "instance_status": "IN EFFECT" if enforced else "NOT IN EFFECT",
        "has_been_deleted": False,
        "created_at": instance.created_at,
    }


def _router(mediator: A1Mediator, status_body: StatusBody) -> APIRouter:
    router = APIRouter()

    @router.get("/healthcheck")
    def healthcheck() -> Response:
        mediator.type_ids()
        return Response(status_code=200)

    @router.get("/policytypes")
    def type_ids() -> list[int]:
        return mediator.type_ids()

    @router.get("/policytypes/{type_id}")
    def policy_type(type_id: TypeId) -> dict[str, Any]:
        return mediator.policy_type(type_id)

    @router.put("/policytypes/{type_id}")
    def create_type(type_id: TypeId, body: JsonBody) -> Response:
        mediator.create_type(type_id, body)
        return Response(status_code=201)

    @router.delete("/policytypes/{type_id}")
    def delete_type(type_id: TypeId) -> Response:
        mediator.delete_type(type_id)
        return Response(status_code=204)

    _add_instance_routes(router, mediator, status_body)
    return router


def _add_instance_routes(router: APIRouter, mediator: A1Mediator, status_body: StatusBody) -> None:
    @router.get("/policytypes/{type_id}/policies")
    def instance_ids(type_id: TypeId) -> list[str]:
        return mediator.instance_ids(type_id)

    @router.get("/policytypes/{type_id}/policies/{instance_id}")
    def instance(type_id: TypeId, instance_id: InstanceId) -> Any:
        return mediator.instance(type_id, instance_id).policy

    @router.put("/policytypes/{type_id}/policies/{instance_id}")
    def put_instance(type_id: TypeId, instance_id: InstanceId, body: PolicyBody) -> Response:
        mediator.put_instance(type_id, instance_id, body)
        return Response(status_code=202)

    @router.delete("/policytypes/{type_id}/policies/{instance_id}")
    def delete_instance(type_id: TypeId, instance_id: InstanceId) -> Response:
        mediator.delete_instance(type_id, instance_id)
        return Response(status_code=202)

    @router.get("/policytypes/{type_id}/policies/{instance_id}/status")
    def status(type_id: TypeId, instance_id: InstanceId) -> dict[str, Any]:
        return status_body(mediator.instance(type_id, instance_id))
