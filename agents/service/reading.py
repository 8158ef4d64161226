"""Which reader reads: the embedded grammar, or a chat model where one is configured."""

import os

from agents.reader import GrammarReader, Reader
from agents.reader.chat import chat_reader


def reader_from_settings() -> Reader:
    """The chat reader when ``RANWRIGHT_LLM_MODEL`` is set, else the embedded grammar.

    Raises:
        RanwrightError: ``reader.settings`` when the chat model's settings are incomplete.
    """
    return chat_reader() if os.environ.get("RANWRIGHT_LLM_MODEL") else GrammarReader()
