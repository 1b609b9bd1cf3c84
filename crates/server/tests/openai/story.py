"""OpenAI's Python client, pointed at the gateway as its users would point it."""

import os
import sys

try:
    import openai
    from openai import OpenAI
except ImportError as error:
    sys.exit(f"{error}: run scripts/oracles.sh (it needs Python 3.11 and npm)")

GATEWAY = os.environ["GATEWAY"]
HI = [{"role": "user", "content": "Hi"}]


def client(key, **more):
    return OpenAI(base_url=GATEWAY, api_key=key, max_retries=0, **more)


def raised(kind, code, call):
    """The error that a call raises, when it is of this class and has our code."""
    try:
        call()
    except openai.APIStatusError as error:
        assert type(error) is kind, error
        assert error.code == code, (error.code, error)
        return error
    raise AssertionError(f"{kind.__name__} was expected")


def chat(who, act=None, model="gpt-5-mini", **more):
    return who.chat.completions.create(
        model=model, messages=HI, max_completion_tokens=100, metadata={"act": act or {}}, **more
    )


def words(stream):
    """Every part with text."""
    for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            yield chunk.choices[0].delta.content


rich, poor = client(os.environ["RICH"]), client(os.environ["POOR"])

# Chat
answer = chat(rich)
assert answer.choices[0].message.content == "word " * 5, answer
assert answer.usage.prompt_tokens == 100 and answer.usage.prompt_tokens_details.cached_tokens == 20

# By a service key on behalf of the member, for a feature of the host's
service = client(
    os.environ["SERVICE_KEY"],
    default_headers={"On-Behalf-Of": os.environ["ON_BEHALF_OF"], "X-Feature": "ai_upload"},
)
assert chat(service).choices[0].finish_reason == "stop"

# A stream, with its usage
chunks = list(chat(rich, {"words": 4}, stream=True, stream_options={"include_usage": True}))
assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "word " * 4
assert chunks[-1].usage.completion_tokens == 4, chunks[-1]

# Cancelled in the middle: the service says no more after three words, and is left
stream = chat(rich, {"words": 90, "stall_after": 3}, stream=True)
said = words(stream)
assert [next(said) for _ in range(3)] == ["word "] * 3
stream.close()

# Embeddings, which this client asks for in base64
vector = rich.embeddings.create(model="text-embedding-3-small", input=["Hi"]).data[0].embedding
assert vector == [1.0, -2.0], vector

# Images
image = rich.images.generate(model="gpt-image-1", prompt="a cat", quality="low").data[0]
assert image.b64_json == "aW1hZ2U=", image

# Models
names = [model.id for model in rich.models.list()]
assert "gpt-5-mini" in names and "demo" not in names, names
assert rich.models.retrieve("gpt-5").id == "gpt-5"

# Out of tokens, as an error that says what would help
refused = raised(openai.PermissionDeniedError, "out_of_ai_requests", lambda: chat(poor))
assert refused.type == "insufficient_quota"
assert refused.body["upgrade_to"] == "community-pro" and refused.body["resets_at"], refused.body
refused = raised(openai.PermissionDeniedError, "out_of_ai_requests", lambda: chat(poor, stream=True))
tokens = lambda: rich.chat.completions.create(
    model="gpt-5", messages=HI, max_completion_tokens=32_000, n=2
)
raised(openai.PermissionDeniedError, "out_of_tokens", tokens)

# What else can be wrong
raised(openai.AuthenticationError, "unauthenticated", lambda: chat(client("nobody")))
raised(openai.NotFoundError, "model_not_found", lambda: chat(rich, model="gpt-9"))
raised(openai.BadRequestError, "invalid_request", lambda: chat(rich, n=0))
raised(openai.BadRequestError, "context_length_exceeded", lambda: chat(rich, {"fail": 400}))
raised(openai.InternalServerError, "upstream_failed", lambda: chat(rich, {"fail": 401}))
open_ones = [chat(rich, {"stall_after": 0}, stream=True) for _ in range(2)]
raised(openai.RateLimitError, "too_many_at_a_time", lambda: chat(rich))
for stream in open_ones:
    stream.close()

print("the Python client", openai.__version__, "has lived through its story")
