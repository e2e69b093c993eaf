"""The official OpenAI client against a running service: `openai_client.py BASE KEY`."""

import sys
import time

import openai

base, key = sys.argv[1:3]
QUESTION = "深圳断缴4个月,工资8000,按10%怎么补"
client = openai.OpenAI(base_url=base + "/v1", api_key=key, max_retries=0)

models = [model.id for model in client.models.list()]
assert models == ["yiwen"], models

turn = {"role": "user", "content": QUESTION}
whole = client.chat.completions.create(model="yiwen", messages=[turn], temperature=0.2)
text = whole.choices[0].message.content
assert "3200.00" in text, text
assert whole.choices[0].finish_reason == "stop" and whole.usage.total_tokens > 0
assert whole.model_extra["yiwen"]["answer"]["status"] == "answered"

started = time.perf_counter()
stream = client.chat.completions.create(
    model="yiwen", messages=[turn], stream=True, stream_options={"include_usage": True}
)
chunks = list(stream)
took = time.perf_counter() - started
streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
assert streamed == text, streamed
assert chunks[-1].usage.total_tokens == whole.usage.total_tokens
assert len({(chunk.id, chunk.created) for chunk in chunks}) == 1

turns = [{"role": "user", "content": "滞纳金怎么算"}]
for said, wanted in [("3000", "多少天"), ("60", "90.00")]:
    reply = client.chat.completions.create(model="yiwen", messages=turns).choices[0].message
    turns += [{"role": "assistant", "content": reply.content}, {"role": "user", "content": said}]
    reply = client.chat.completions.create(model="yiwen", messages=turns).choices[0].message
    assert wanted in reply.content, reply.content

try:
    openai.OpenAI(base_url=base + "/v1", api_key="sk-wrong", max_retries=0).models.list()
    sys.exit("a wrong key was taken")
except openai.AuthenticationError as error:
    assert error.code == "key-unknown", error
try:
    client.chat.completions.create(model="yiwen", messages=[{"role": "user", "content": ""}])
    sys.exit("an empty question was taken")
except openai.BadRequestError as error:
    assert error.code == "empty-question", error

print(f"openai {openai.__version__}: whole, streamed ({took * 1e3:.1f} ms), conversation, errors")
