"""A general xApp: sends by route, by wormhole and by call, and prints what came back."""

import json
import os
import sys
import time

from ricxappframe.rmr import rmr
from ricxappframe.xapp_frame import Xapp


def _await(xapp, mtype):
    until_s = time.monotonic() + 10.0
    while time.monotonic() < until_s:
        for summary, sbuf in xapp.rmr_get_messages():
            xapp.rmr_free(sbuf)
            if summary["message type"] == mtype:
                return summary["payload"].decode()
        time.sleep(0.005)
    return None


def ask(self):
    found = {"healthy": self.healthcheck()}
    self.sdl_set("ns", "key", 6)
    found["sdl"] = self.sdl_get("ns", "key")
    found["routed"] = self.rmr_send(b"routed", 60000)
    found["answer"] = _await(self, 60001)
    found["unrouted"] = self.rmr_send(b"nobody", 60002, retries=2)
    self.rmr_send(b"how are you", 100)
    found["health"] = _await(self, 101)
    mrc = self._mrc

    # The receiving thread of the framework would take the answers: calls have their own way.
    sbuf = rmr.rmr_alloc_msg(mrc, 64, payload=b"call", gen_transaction_id=True, mtype=60000)
    found["call"] = rmr.message_summary(rmr.rmr_call(mrc, sbuf))["payload"].decode()

    sbuf = rmr.rmr_alloc_msg(mrc, 64, payload=b"by meid", mtype=12040, meid=b"gnb_1")
    found["by meid"] = rmr.rmr_send_msg(mrc, sbuf).contents.state
    found["meid answer"] = _await(self, 12041)

    wormhole = rmr.rmr_wh_open(mrc, sys.argv[1].encode())
    sbuf = rmr.rmr_alloc_msg(mrc, 64, payload=b"through", mtype=70000)
    found["wormhole"] = rmr.rmr_wh_send_msg(mrc, wormhole, sbuf).contents.state
    found["wormhole answer"] = _await(self, 70001)
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
    os._exit(0)  # the framework's own stop() waits ten seconds for an application manager


Xapp(entrypoint=ask, rmr_port=0, use_fake_sdl=True).run()
