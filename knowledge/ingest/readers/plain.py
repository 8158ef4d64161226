"""Text files: decoded, within the limits, without characters that nobody sees."""

from knowledge.ingest.characters import Screen
from knowledge.ingest.limits import damaged


def decode(data: bytes, screen: Screen) -> str:
    """UTF-8 text, with or without a byte order mark; Windows-1252 where it is no UTF-8.

    Raises:
        RanwrightError: ``ingest.damaged`` when it holds zero bytes: no text.
    """
    if b"\0" in data:
        raise damaged("it is no text file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    return screen.clean(text)
