"""Every command starts with these imports; what takes long waits until it is needed."""

import subprocess
import sys

HEAVY = {"chromadb", "onnxruntime", "pycrate_asn1rt", "scipy", "sionna", "torch"}


def test_the_command_line_imports_nothing_heavy():
    code = f"import sys, agents.cli.main; print(*{HEAVY} & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout.split() == []
