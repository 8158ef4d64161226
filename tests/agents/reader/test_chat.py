import json
import threading
import time
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import HttpUrl
from sentences import CELLS

from agents.reader import GrammarReader
from agents.reader.chat import ChatSettings, chat_reader
from contracts.errors import ExitCode, RanwrightError

RECORDINGS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parent / "recordings").glob("*.json"))
}


def make_app(seen):
    app = FastAPI()
    by_sentence = {r["sentence"]: r for r in RECORDINGS.values()}

    @app.post("/v1/chat/completions")
    async def complete(request: Request):
        body = await request.json()
        seen.append(body)
        recording = by_sentence[body["messages"][-1]["content"]]
        if recording["status"] != 200:
            return JSONResponse({"error": {"message": "defect"}}, recording["status"])
        message = {
            "role": "assistant",
            "content": recording["content"],
            "refusal": recording["refusal"],
        }
        return {
            "id": "r",
            "object": "chat.completion",
            "created": 0,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }

    return app


@pytest.fixture(scope="module")
def seen():
    return []


@pytest.fixture(scope="module")
def reader(seen):
    config = uvicorn.Config(
        make_app(seen), host="127.0.0.1", port=0, log_level="error", ws="none", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    url = HttpUrl(f"http://127.0.0.1:{port}/v1")
    yield chat_reader(ChatSettings(base_url=url, model="recorded", timeout_s=20))
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("name", RECORDINGS)
def test_recorded_answers(name, reader):
    recording = RECORDINGS[name]
    reading = reader.read(recording["sentence"], CELLS)
    wanted = recording["expect"]
    assert reading.kind == wanted["kind"], reading
    if reading.kind == "intent":
        same_as = wanted["same_as"] or recording["sentence"]
        by_grammar = GrammarReader().read(same_as, CELLS)
        assert reading.intent_expectations == by_grammar.intent_expectations
        assert reading.user_label == recording["sentence"]
    else:
        assert reading.code == wanted["code"], reading


def test_the_model_is_asked_for_structured_output_and_sees_the_sentence_as_data(reader, seen):
    reader.read(RECORDINGS["good_main"]["sentence"], CELLS)
    body = seen[-1]
    assert body["response_format"]["type"] == "json_schema"
    assert body["temperature"] == 0
    assert [m["role"] for m in body["messages"]] == ["system", "user"]
    assert body["messages"][-1]["content"] == RECORDINGS["good_main"]["sentence"]


@pytest.mark.parametrize("sentence", ["", "a\nb", "x" * 5000, "\x00"])
def test_unreadable_sentences_never_reach_the_model(sentence, reader, seen):
    before = len(seen)
    assert reader.read(sentence, CELLS).code == "intent.unreadable"
    assert len(seen) == before


def test_a_server_that_is_away_leads_to_a_refusal():
    settings = ChatSettings(base_url=HttpUrl("http://127.0.0.1:9/v1"), model="m", timeout_s=2)
    away = chat_reader(settings)
    assert away.name == "chat:m"
    assert away.read("do not raise total power", CELLS).code == "reader.unavailable"


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.delenv("RANWRIGHT_LLM_BASE_URL", raising=False)
    monkeypatch.delenv("RANWRIGHT_LLM_MODEL", raising=False)
    with pytest.raises(RanwrightError) as caught:
        chat_reader()
    assert (caught.value.code, caught.value.exit_code) == ("reader.settings", ExitCode.USAGE)
    monkeypatch.setenv("RANWRIGHT_LLM_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("RANWRIGHT_LLM_MODEL", "m")
    monkeypatch.setenv("RANWRIGHT_LLM_API_KEY", "very-secret")
    assert "very-secret" not in repr(ChatSettings())
    assert chat_reader().name == "chat:m"
