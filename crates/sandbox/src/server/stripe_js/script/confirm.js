// Confirming an intent, and whatever it asks for next.

const KINDS = {
  pi: { object: 'payment_intent', result: 'paymentIntent', name: 'PaymentIntent' },
  seti: { object: 'setup_intent', result: 'setupIntent', name: 'SetupIntent' },
};

// What Stripe.js says of a failed authentication; the API says it to developers.
const AUTHENTICATION_FAILED =
  'We are unable to authenticate your payment method. Please choose a different payment method and try again.';

// The kind of intent that a client secret is of.
function kindOf(secret, where, wanted) {
  const [, prefix] = /^(pi|seti)_[A-Za-z0-9_]+_secret_[A-Za-z0-9]+$/.exec(secret) ?? [];
  const kind = KINDS[prefix];
  if (!kind || (wanted && kind !== wanted)) {
    const name = wanted ? `${wanted.name} ` : '';
    const form = (wanted ?? KINDS.pi) === KINDS.pi ? 'pi_xxx_secret_xxx' : 'seti_xxx_secret_xxx';
    throw new IntegrationError(
      `Invalid value for stripe.${where}: a ${name}client secret of the form \${${form}} is expected. You specified: ${secret}.`,
    );
  }
  return kind;
}

const idOf = (secret) => secret.split('_secret_')[0];

function failureOf(kind, intent) {
  const failure = intent[kind === KINDS.pi ? 'last_payment_error' : 'last_setup_error'];
  const message = failure.code?.endsWith('_intent_authentication_failure') ? AUTHENTICATION_FAILED : failure.message;
  return { error: { ...failure, message, [kind.object]: intent } };
}

async function retrieveIntent(client, kind, secret) {
  const path = `/v1/${kind.object}s/${idOf(secret)}`;
  const { object, error } = await client.request('GET', path, { client_secret: secret });
  return error ? { error } : { intent: object };
}

// Leads the payer through what the intent asks for, to its end.
async function settle(client, kind, first) {
  let intent = first;
  while (intent.status === 'requires_action') {
    if (intent.next_action?.type === 'redirect_to_url') {
      location.assign(intent.next_action.redirect_to_url.url);
      return new Promise(() => {});
    }
    const { object, error } = await challenge(client, kind, intent);
    if (error) return { error };
    intent = object;
  }
  const failed = intent.status === 'requires_payment_method' && (intent.last_payment_error ?? intent.last_setup_error);
  return failed ? failureOf(kind, intent) : { [kind.result]: intent };
}

// One confirmation of an intent at a time: a second one would meet the first half done.
async function alone(client, secret, name, work) {
  if (client.inFlight.has(secret)) {
    const message =
      `You have an in-flight ${name}()! Please be sure to disable your form submit button when ${name}() is being called.`;
    return { error: { type: 'invalid_request_error', message } };
  }
  client.inFlight.add(secret);
  try {
    return await work();
  } finally {
    client.inFlight.delete(secret);
  }
}

// `confirmPayment` and `confirmSetup`.
function confirm(client, kind, name, { elements, clientSecret, confirmParams = {}, redirect = 'always' }) {
  const secret = clientSecret ?? elements?._options.clientSecret;
  if (!secret) {
    throw new IntegrationError(
      `Invalid value for stripe.${name}(): pass a clientSecret, or elements that were created with one.`,
    );
  }
  kindOf(secret, `${name}()`, kind);
  if (redirect === 'always' && !confirmParams.return_url) {
    throw new IntegrationError(
      `Invalid value for stripe.${name}(): confirmParams.return_url is required unless redirect is 'if_required'.`,
    );
  }
  return alone(client, secret, name, async () => {
    const mismatch = elements && (await mismatchOf(client, kind, secret, elements));
    if (mismatch) return { error: mismatch };
    const { object, error } = await send(client, kind, name, secret, elements, confirmParams);
    if (error) return { error };
    const result = await settle(client, kind, object);
    if (result.error || redirect !== 'always') return result;
    const intent = result[kind.result];
    const address = new URL(confirmParams.return_url, location.href);
    address.searchParams.set(kind.object, intent.id);
    address.searchParams.set(`${kind.object}_client_secret`, secret);
    address.searchParams.set('redirect_status', intent.status === 'processing' ? 'pending' : 'succeeded');
    location.assign(address);
    return new Promise(() => {});
  });
}

function send(client, kind, name, secret, elements, confirmParams) {
  const { payment_method_data: data, ...params } = confirmParams;
  const path = `/v1/${kind.object}s/${idOf(secret)}/confirm`;
  const chosen = params.payment_method ?? params.confirmation_token;
  if (!elements || chosen) {
    return client.request('POST', path, { ...params, payment_method_data: data, client_secret: secret });
  }
  const { source, extra } = collected(elements, name, data);
  const shipping = kind === KINDS.pi ? (params.shipping ?? extra.shipping) : undefined;
  return source._call('submit', {
    path,
    within: 'payment_method_data',
    params: { ...params, shipping, client_secret: secret, payment_method_data: extra.data },
  });
}

// Elements that were made for an intent to come have to have been made for this one.
async function mismatchOf(client, kind, secret, elements) {
  const wished = elements._options;
  if (!wished.mode) return null;
  const { intent, error } = await retrieveIntent(client, kind, secret);
  if (error) return error;
  const differs = (what, is, expected) => ({
    type: 'invalid_request_error',
    message:
      `The provided ${what} (${is}) does not match the expected ${what} (${expected}). Try confirming with a ` +
      `${kind.name} that is configured to use the same parameters as Stripe Elements.`,
    [kind.object]: intent,
  });
  const mode = kind === KINDS.pi ? 'payment' : 'setup';
  // A subscription begins with a payment, or with a card to be kept.
  if (wished.mode === 'subscription') return null;
  if (wished.mode !== mode) return differs('mode', mode, wished.mode);
  if (mode === 'setup') return null;
  const usage = wished.setupFutureUsage ?? wished.setup_future_usage ?? null;
  if (intent.amount !== wished.amount) return differs('amount', intent.amount, wished.amount);
  if (intent.currency !== wished.currency.toLowerCase()) return differs('currency', intent.currency, wished.currency);
  if (intent.setup_future_usage !== usage) return differs('setup_future_usage', intent.setup_future_usage, usage);
  return null;
}

// `confirmCardPayment` and `confirmCardSetup`.
function confirmCard(client, kind, name, secret, data = {}, options = {}) {
  kindOf(secret, `${name}()`, kind);
  const { payment_method: method, ...rest } = data;
  return alone(client, secret, name, async () => {
    const path = `/v1/${kind.object}s/${idOf(secret)}/confirm`;
    const all = { ...rest, client_secret: secret };
    let sent;
    if (method?.card instanceof Element) {
      const { card, ...more } = method;
      const params = { ...all, payment_method_data: more };
      sent = cardSource(card, name)._call('submit', { path, within: 'payment_method_data', params });
    } else if (method && typeof method === 'object') {
      sent = client.request('POST', path, { ...all, payment_method_data: { type: 'card', ...method } });
    } else {
      sent = client.request('POST', path, { ...all, payment_method: method });
    }
    const { object, error } = await sent;
    if (error) return { error };
    return options.handleActions === false ? { [kind.result]: object } : settle(client, kind, object);
  });
}

// `handleNextAction` and `handleCardAction`.
function handleAction(client, name, secret) {
  const kind = kindOf(secret, `${name}()`, name === 'handleCardAction' ? KINDS.pi : undefined);
  return alone(client, secret, name, async () => {
    const { intent, error } = await retrieveIntent(client, kind, secret);
    if (error) return { error };
    if (intent.status !== 'requires_action') {
      throw new IntegrationError(`${name}: The ${kind.name} supplied is not in the requires_action state.`);
    }
    return settle(client, kind, intent);
  });
}
