"""A process stops on SIGTERM, whichever of its threads the kernel interrupts for it."""

import subprocess
import sys

PROGRAM = """
import signal, threading
from contracts.process import StopSignal

stop = StopSignal()
never = threading.Event()
other = threading.Thread(target=never.wait, daemon=True)
other.start()
threading.Timer(0.2, lambda: signal.pthread_kill(other.ident, signal.SIGTERM)).start()
stop.wait()
print("stopped")
"""


def test_a_signal_that_another_thread_takes_ends_the_wait():
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30, check=True
    )
    assert ended.stdout == "stopped\n"


def test_a_signal_that_came_before_the_wait_ends_it():
    program = PROGRAM.replace("stop.wait()", "signal.raise_signal(signal.SIGINT); stop.wait()")
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert ended.stdout == "stopped\n"
