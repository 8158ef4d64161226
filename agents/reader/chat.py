"""The chat reader: any LangChain chat model marks the sentence; code converts, checks, decides.

Configured by ``RANWRIGHT_LLM_BASE_URL``, ``RANWRIGHT_LLM_MODEL`` and ``RANWRIGHT_LLM_API_KEY``; any
OpenAI-compatible server will do. See docs/decisions/0005-reading-sentences.md.
"""

from typing import TYPE_CHECKING, cast

from pydantic import HttpUrl, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from agents.reader.assemble import answer, assemble
from agents.reader.clause import ReadingError
from agents.reader.draft import INSTRUCTIONS, Draft
from agents.reader.faithful import clauses_of, unfaithful
from agents.reader.grammar import GrammarReader
from agents.reader.phrases import clean
from agents.reader.result import ReadingResult
from contracts.errors import ExitCode, RanwrightError
from contracts.intent import Intent, Reading

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


class ChatSettings(BaseSettings):
    """Where the language model is served."""

    model_config = SettingsConfigDict(env_prefix="RANWRIGHT_LLM_", extra="ignore")

    base_url: HttpUrl
    model: str
    api_key: SecretStr = SecretStr("none")
    timeout_s: float = 60.0


class ChatReader:
    """Reads sentences with a chat model that supports structured output.

    Args:
        model: the LangChain chat model.
        name: how the trace names this reader, with the model's name.
    """

    def __init__(self, model: "BaseChatModel", name: str) -> None:
        self._model = model
        self._name = name

    @property
    def name(self) -> str:
        """Reader and model, as the trace records them."""
        return self._name

    def read(self, sentence: str, cells: tuple[int, ...]) -> Reading:
        """What the sentence asks of the network with these cells.

        A model that is away, malformed or unfaithful leads to a refusal with a ``reader.`` code.
        """
        return self.examine(sentence, cells).reading

    def examine(self, sentence: str, cells: tuple[int, ...]) -> ReadingResult:
        """As :meth:`read`, with the model's answer, so that the reading can be replayed."""
        try:
            draft = self._ask(clean(sentence))
        except ReadingError as found:
            return ReadingResult(reader=self._name, draft=None, reading=answer(found))
        reading = interpret(draft, sentence, cells)
        return ReadingResult(reader=self._name, draft=draft, reading=reading)

    def _ask(self, text: str) -> Draft:
        from langchain_core.exceptions import OutputParserException
        from openai import OpenAIError

        asked = self._model.with_structured_output(Draft, method="json_schema", include_raw=True)
        try:
            got = asked.invoke([("system", INSTRUCTIONS), ("human", text)])
        except OpenAIError as error:
            raise ReadingError(
                "reader.unavailable", f"The model gave no answer ({type(error).__name__})."
            ) from error
        except (OutputParserException, ValidationError, ValueError) as error:
            raise _malformed(type(error).__name__) from error
        parsed = cast("dict[str, object]", got).get("parsed")
        if not isinstance(parsed, Draft):
            problem = cast("dict[str, object]", got).get("parsing_error")
            raise _malformed(type(problem).__name__)
        return parsed


def chat_reader(settings: ChatSettings | None = None) -> ChatReader:
    """The chat reader of these settings, by default those of the environment.

    Raises:
        RanwrightError: ``reader.settings`` when they are missing or malformed.
    """
    try:
        chosen = settings or ChatSettings()
    except ValidationError as error:
        raise RanwrightError(
            "reader.settings",
            f"The language model's settings are not valid: {error.error_count()} errors.",
            "Set RANWRIGHT_LLM_BASE_URL and RANWRIGHT_LLM_MODEL, or use the embedded reader.",
            ExitCode.USAGE,
        ) from error
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(
        model=chosen.model,
        base_url=str(chosen.base_url),
        api_key=chosen.api_key,
        temperature=0.0,
        timeout=chosen.timeout_s,
        max_retries=1,
    )
    return ChatReader(model, f"chat:{chosen.model}")


def interpret(draft: Draft, sentence: str, cells: tuple[int, ...]) -> Reading:
    """What a model's answer means: converted, checked against the sentence, decided by code."""
    try:
        clauses = clauses_of(draft, clean(sentence))
    except ReadingError as found:
        return answer(found)
    return _agreed(assemble(sentence, clauses, cells), sentence, cells)


def _agreed(reading: Reading, sentence: str, cells: tuple[int, ...]) -> Reading:
    """The reading, unless the grammar understands the sentence and reads something else."""
    if not isinstance(reading, Intent):
        return reading
    strict = GrammarReader().read(sentence, cells)
    if isinstance(strict, Intent) and set(strict.requirements) != set(reading.requirements):
        return answer(unfaithful("the grammar reads another requirement in the same words."))
    return reading


def _malformed(problem: str) -> ReadingError:
    return ReadingError("reader.malformed", f"The model's answer does not fit ({problem}).")
