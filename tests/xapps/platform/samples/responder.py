"""An xApp as its author would write it: nothing in it knows where it runs."""

import json
import time

from ricxappframe.xapp_frame import RMRXapp

RUNS_S = []


def answer(self, summary, sbuf):
    self.rmr_rts(sbuf, new_payload=summary["payload"], new_mtype=summary["message type"] + 1)
    self.rmr_free(sbuf)


def count(self, _summary, sbuf):
    RUNS_S.append(time.monotonic())
    self.rmr_free(sbuf)


def report(self, _summary, sbuf):
    self.rmr_rts(sbuf, new_payload=json.dumps(RUNS_S).encode(), new_mtype=501)
    self.rmr_free(sbuf)


def fail(_self, summary, _sbuf):
    raise KeyError(f"this handler cannot read {summary['payload']!r}")


XAPP = RMRXapp(answer, rmr_port=0, use_fake_sdl=True)
XAPP.register_callback(count, 400)
XAPP.register_callback(report, 500)
XAPP.register_callback(fail, 600)
XAPP.run(thread=True)
