"""Where knowledge keeps what can be made again; light, since commands import it."""

import os
from pathlib import Path

from platformdirs import user_cache_path


def cache_folder() -> Path:
    """``RANWRIGHT_CACHE``, else the user's cache folder."""
    root = os.environ.get("RANWRIGHT_CACHE")
    return (Path(root) if root else user_cache_path("ranwright")) / "knowledge"
