"""RMR by way of a ``ricxappframe`` xApp, the same on the embedded and the O-RAN SC RIC."""

from typing import Any

from ricxappframe.rmr import rmr
from ricxappframe.xapp_frame import RMRXapp

from xapps.sdk.messenger import Handler, Received


class FrameworkMessenger:
    """A messenger on an xApp; its ``run`` reads the messages.

    Args:
        xapp: the xApp, whose handlers are set here.
    """

    def __init__(self, xapp: RMRXapp) -> None:
        self._xapp = xapp

    def on(self, mtype: int, handler: Handler) -> None:
        """Have messages of a type handled by the xApp's loop."""

        def take(xapp: Any, summary: dict[str, Any], buffer: Any) -> None:
            try:
                handler(
                    Received(
                        mtype,
                        summary[rmr.RMR_MS_PAYLOAD],
                        summary[rmr.RMR_MS_MEID].decode(errors="replace"),
                        summary[rmr.RMR_MS_SUB_ID],
                    )
                )
            finally:
                xapp.rmr_free(buffer)

        self._xapp.register_callback(take, mtype)

    def send(self, mtype: int, payload: bytes, meid: str) -> bool:
        """Send once; RMR's own retries count as one attempt."""
        context = self._xapp._mrc  # the framework offers no other way to set the MEID
        buffer = rmr.rmr_alloc_msg(
            context,
            len(payload),
            payload=payload,
            gen_transaction_id=True,
            mtype=mtype,
            meid=meid.encode(),
        )
        buffer = rmr.rmr_send_msg(context, buffer)
        sent = buffer.contents.state == rmr.RMR_OK
        rmr.rmr_free_msg(buffer)
        return bool(sent)
