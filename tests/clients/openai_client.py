"""OpenAI's own Python package against a running Attune: models, chat, stream, usage, log-probs, schema, embeddings, errors, abort.

Opt-in, as it needs Python, the package and a running installation with a model:

    pip install openai
    OPENAI_BASE_URL=http://127.0.0.1:3000/v1 OPENAI_API_KEY=sk-attune-... python tests/clients/openai_client.py

Says nothing about a model's wording; exits with 1 at the first thing that is not as OpenAI's package expects it.
"""

import json
import math
import sys
import time

import openai

client = openai.OpenAI(max_retries=0)


def expect(condition, what):
    if not condition:
        sys.exit(f"not so: {what}")
    print(f"ok: {what}")


def refused(kind, code, **parameters):
    try:
        client.chat.completions.create(**parameters)
    except kind as error:
        return error.code == code
    return False


models = [model.id for model in client.models.list()]
expect(models, "there is a model")
model = models[0]
expect(client.models.retrieve(model).id == model, "a model is shown by its name")
asked = {
    "model": model,
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Name a colour."}],
    "seed": 11,
    "max_tokens": 8,
}

whole = client.chat.completions.create(**asked)
text = whole.choices[0].message.content
expect(whole.choices[0].finish_reason in ("stop", "length"), "an answer says how it ended")
expect(whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens, "usage adds up")

chunks = list(client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
expect(streamed == text, "the same seed says the same, whole or streamed")
expect(chunks[-1].usage.completion_tokens == whole.usage.completion_tokens, "the last chunk has the usage")

with client.chat.completions.stream(**asked) as stream:
    deltas = "".join(event.delta for event in stream if event.type == "content.delta")
expect(deltas == text, "the package's stream helper tells of the same text")

several = client.chat.completions.create(**asked, n=3)
expect([choice.index for choice in several.choices] == [0, 1, 2], "several choices come in order")

with_log_probs = client.chat.completions.create(**asked, logprobs=True, top_logprobs=2)
tokens = with_log_probs.choices[0].logprobs.content
expect(all(token.logprob <= 0 and len(token.top_logprobs) == 2 for token in tokens), "tokens have log-probs")

schema = {
    "type": "object",
    "properties": {"colour": {"enum": ["red", "green"]}, "sure": {"type": "boolean"}},
    "required": ["colour", "sure"],
    "additionalProperties": False,
}
judgement = client.chat.completions.create(
    model=model,
    messages=asked["messages"],
    max_completion_tokens=200,
    response_format={"type": "json_schema", "json_schema": {"name": "judgement", "schema": schema, "strict": True}},
)
expect(set(json.loads(judgement.choices[0].message.content)) == {"colour", "sure"}, "an answer satisfies its schema")

# The package asks for base64 here and decodes it itself.
vectors = client.embeddings.create(model=model, input=["one text", "another"]).data
expect(len(vectors) == 2, "every text has a vector")
expect(all(abs(math.hypot(*vector.embedding) - 1) < 1e-3 for vector in vectors), "vectors have length one")

expect(refused(openai.NotFoundError, "model_not_found", **{**asked, "model": "gpt-9"}), "an unknown model is refused")
expect(refused(openai.BadRequestError, "request_invalid", **{**asked, "temperature": 9}), "a bad parameter is refused")
stranger = openai.OpenAI(api_key="sk-attune-wrong", max_retries=0)
try:
    stranger.models.list()
    expect(False, "a wrong key is refused")
except openai.AuthenticationError as error:
    expect(error.code == "invalid_api_key", "a wrong key is refused")

began = time.monotonic()
endless = client.chat.completions.create(**{**asked, "max_tokens": 100_000}, stream=True)
next(iter(endless))
endless.close()
expect(client.chat.completions.create(**asked).choices, "an aborted stream leaves room for the next answer")
print(f"all as expected, {openai.__version__}")
