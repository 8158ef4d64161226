"""An xApp as its author writes it for the O-RAN SC RIC: nothing here knows the embedded one."""

import json
import os
import signal
import threading

from ricxappframe import xapp_rest
from ricxappframe.alarm import alarm
from ricxappframe.metric import metric
from ricxappframe.rmr import rmr
from ricxappframe.xapp_frame import RMRXapp

POLICY_TYPE = 20000


def on_other(self, summary, sbuf):
    if summary[rmr.RMR_MS_PAYLOAD] == b"die":
        os.kill(os.getpid(), signal.SIGKILL)
    self.rmr_free(sbuf)


def on_policy(self, summary, sbuf):
    request = json.loads(summary[rmr.RMR_MS_PAYLOAD])
    answer = {
        "policy_type_id": int(request["policy_type_id"]),
        "policy_instance_id": request["policy_instance_id"],
        "handler_id": self._config_data["name"],
        "status": "DELETED" if request["operation"] == "DELETE" else "OK",
    }
    self.sdl_set("hello", "policy", request)
    self.rmr_rts(sbuf, new_payload=json.dumps(answer).encode(), new_mtype=20011)
    self.rmr_free(sbuf)


def on_config(self, config):
    self.sdl_set("hello", "controls", config.get("controls"))


def after_start(self):
    self.sdl_set("hello", "pid", os.getpid())
    query = json.dumps({"policy_type_id": POLICY_TYPE}).encode()

    def announce():
        self.rmr_send(query, 20012)
        manager = alarm.AlarmManager(self._mrc, "hello", "sample")
        detail = manager.create_alarm(7, alarm.AlarmSeverity.MINOR, "sample")
        manager.raise_alarm(detail)
        metrics = metric.MetricsManager(self._mrc, "hello", "sample")
        metrics.send_metrics([metric.MetricData("answers", "42", "counter")])

    threading.Thread(target=announce).start()


def main():
    server = xapp_rest.ThreadedHTTPServer(os.environ["RMR_BIND_IF"], 8080)
    server.handler.add_handler(server.handler, "GET", "alive", "/ric/v1/health/alive", alive)
    server.start()
    xapp = RMRXapp(on_other, on_config, rmr_port=4560, post_init=after_start)
    xapp.register_callback(on_policy, 20010)
    xapp.run()


def alive(_name, _path, _data, _ctype):
    return xapp_rest.initResponse()


if __name__ == "__main__":
    main()
