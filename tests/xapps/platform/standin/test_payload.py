"""Payloads read in one piece are those that ricxappframe reads, whatever stands in them."""

import subprocess
import sys

CODE = """
from xapps.platform.standin.install import install
from xapps.platform.launch import prepare
install()
from ricxappframe.rmr import rmr
theirs = rmr.get_payload
prepare()
assert rmr.get_payload is not theirs
context = rmr.rmr_init(b"0", 4096, rmr.RMRFL_NONE)
for payload in (b"", b"\\0", b"a\\0b\\0\\0", bytes(range(256)) * 40):
    buffer = rmr.rmr_alloc_msg(context, 16_384, payload=payload or None)
    assert rmr.get_payload(buffer) == theirs(buffer) == payload, payload[:20]
rmr.rmr_close(context)
"""


def test_the_same_octets():
    started = subprocess.run(
        [sys.executable, "-c", CODE],
        env={"PYTHONPATH": ".", "RMR_RTG_SVC": "-1", "RMR_SRC_ID": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 0, started.stderr
