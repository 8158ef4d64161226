import subprocess
import sys

from knowledge.encoder_pin import encoder_digest
from knowledge.ingest.store import Store
from knowledge.manifest import manifest


def test_a_manifest_names_dictionary_and_encoder_and_makes_no_store(tmp_path, monkeypatch):
    monkeypatch.setenv("RANWRIGHT_SPECIFICATIONS", str(tmp_path / "none.sqlite"))
    known = manifest()
    assert known.encoder == encoder_digest()
    assert known.documents == ()
    assert not (tmp_path / "none.sqlite").exists()
    with Store(tmp_path / "empty.sqlite") as store:
        assert manifest(store) == known


def test_a_manifest_is_light():
    code = (
        "import sys, knowledge.manifest as m; m.manifest();"
        "assert not {'torch', 'chromadb', 'onnxruntime', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
