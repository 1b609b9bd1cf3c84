// OpenAI's client for Node, pointed at the gateway as its users would point it.
const assert = require('node:assert/strict');
const OpenAI = require('openai');
const { VERSION } = require('openai/version');

const { GATEWAY, RICH, POOR, SERVICE_KEY, ON_BEHALF_OF } = process.env;
const messages = [{ role: 'user', content: 'Hi' }];

const client = (apiKey, more = {}) => new OpenAI({ baseURL: GATEWAY, apiKey, maxRetries: 0, ...more });

const chat = (who, act = {}, more = {}) =>
  who.chat.completions.create({ model: 'gpt-5-mini', messages, max_completion_tokens: 100, metadata: { act }, ...more });

/** The error that a call throws, when it is of this class and has our code. */
const thrown = async (kind, code, call) => {
  const error = await call().then(
    () => assert.fail(`${kind.name} was expected`),
    (error) => error,
  );
  assert.ok(error instanceof kind, String(error));
  assert.equal(error.code, code, String(error));
  return error;
};

const main = async () => {
  const [rich, poor] = [client(RICH), client(POOR)];

  // Chat
  const answer = await chat(rich);
  assert.equal(answer.choices[0].message.content, 'word '.repeat(5));
  assert.equal(answer.usage.prompt_tokens_details.cached_tokens, 20);

  // By a service key on behalf of the member, for a feature of the host's
  const defaultHeaders = { 'On-Behalf-Of': ON_BEHALF_OF, 'X-Feature': 'ai_upload' };
  const service = client(SERVICE_KEY, { defaultHeaders });
  assert.equal((await chat(service)).choices[0].finish_reason, 'stop');

  // A stream, with its usage
  let said = '';
  let usage;
  const whole = await chat(rich, { words: 4 }, { stream: true, stream_options: { include_usage: true } });
  for await (const chunk of whole) {
    said += chunk.choices[0]?.delta.content ?? '';
    usage = chunk.usage;
  }
  assert.deepEqual([said, usage.completion_tokens], ['word '.repeat(4), 4]);

  // Cancelled in the middle: the service says no more after three words, and is left
  const stream = await chat(rich, { words: 90, stall_after: 3 }, { stream: true });
  let words = 0;
  for await (const chunk of stream) {
    if (chunk.choices[0].delta.content) words += 1;
    if (words === 3) break;
  }
  assert.ok(stream.controller.signal.aborted);

  // Embeddings, which this client asks for in base64
  const embedded = await rich.embeddings.create({ model: 'text-embedding-3-small', input: ['Hi'] });
  assert.deepEqual(embedded.data[0].embedding, [1, -2]);

  // Images
  const images = await rich.images.generate({ model: 'gpt-image-1', prompt: 'a cat', quality: 'low' });
  assert.equal(images.data[0].b64_json, 'aW1hZ2U=');

  // Models
  const names = [];
  for await (const model of rich.models.list()) names.push(model.id);
  assert.ok(names.includes('gpt-5-mini') && !names.includes('demo'), names.join());
  assert.equal((await rich.models.retrieve('gpt-5')).id, 'gpt-5');

  // Out of tokens, as an error that says what would help
  const refused = await thrown(OpenAI.PermissionDeniedError, 'out_of_ai_requests', () => chat(poor));
  assert.equal(refused.type, 'insufficient_quota');
  assert.equal(refused.error.upgrade_to, 'community-pro');
  await thrown(OpenAI.PermissionDeniedError, 'out_of_ai_requests', () => chat(poor, {}, { stream: true }));
  const dear = { model: 'gpt-5', max_completion_tokens: 32_000, n: 2 };
  await thrown(OpenAI.PermissionDeniedError, 'out_of_tokens', () => chat(rich, {}, dear));

  // What else can be wrong
  await thrown(OpenAI.AuthenticationError, 'unauthenticated', () => chat(client('nobody')));
  await thrown(OpenAI.NotFoundError, 'model_not_found', () => chat(rich, {}, { model: 'gpt-9' }));
  await thrown(OpenAI.BadRequestError, 'invalid_request', () => chat(rich, {}, { n: 0 }));
  await thrown(OpenAI.BadRequestError, 'context_length_exceeded', () => chat(rich, { fail: 400 }));
  await thrown(OpenAI.InternalServerError, 'upstream_failed', () => chat(rich, { fail: 401 }));
  const open = [];
  for (let one = 0; one < 2; one += 1) open.push(await chat(rich, { stall_after: 0 }, { stream: true }));
  await thrown(OpenAI.RateLimitError, 'too_many_at_a_time', () => chat(rich));
  for (const one of open) one.controller.abort();

  console.log(`the client for Node ${VERSION} has lived through its story`);
};

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
