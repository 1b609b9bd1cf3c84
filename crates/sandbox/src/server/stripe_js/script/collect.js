// What the elements of a group have collected, for the object that is made of it.

// Fields that the page keeps for itself, and so has to give.
function ownFields(element) {
  const never = element._options.fields?.billingDetails;
  const address = never === 'never' ? 'never' : never?.address;
  const all = address === 'never';
  return [
    ['country', all || address?.country === 'never'],
    ['postal_code', all || address?.postalCode === 'never'],
  ].flatMap(([name, own]) => (own ? [name] : []));
}

// The element that has the card, and what goes with it. What elements collect wins over what the page passes.
function collected(elements, name, data = {}) {
  const source = elements._find('payment');
  if (!source?._mounted) {
    throw new IntegrationError(
      `Invalid value for stripe.${name}(): elements should have a mounted Payment Element or Express Checkout Element.`,
    );
  }
  if (elements._options.mode && !elements._submitted) {
    throw new IntegrationError(`elements.submit() must be called before stripe.${name}().`);
  }
  for (const field of ownFields(source)) {
    if (data.billing_details?.address?.[field] === undefined) {
      const path = `billing_details.address.${field}`;
      throw new IntegrationError(
        `You specified "never" for fields.${path} when creating the payment Element, but did not pass ` +
          `params.${path} when calling stripe.${name}(). If you opt out of collecting data via the payment Element ` +
          `using the fields option, the data must be passed in when calling stripe.${name}().`,
      );
    }
  }
  const billing = elements._find('address', 'billing')?._state.value;
  const shipping = elements._find('address', 'shipping')?._state.value;
  const email = elements._find('linkAuthentication')?._state.value?.email;
  const details = { ...data.billing_details, ...(email ? { email } : {}), ...contact(billing) };
  return { source, extra: { data: { ...data, billing_details: details }, shipping: contact(shipping) } };
}

// An address as the API takes it.
function contact(value) {
  return value && { name: value.name, phone: value.phone, address: value.address };
}

// The element that answers for a whole card: of the split ones, that of the number.
function cardSource(element, name) {
  if (element instanceof Element && ['card', 'cardNumber'].includes(element._elementType)) return element;
  throw new IntegrationError(`Invalid value for stripe.${name}(): a card or cardNumber Element is expected.`);
}

async function createPaymentMethod(client, options) {
  if (options.elements) {
    const { source, extra } = collected(options.elements, 'createPaymentMethod', options.params);
    return made('paymentMethod', await source._call('submit', { path: '/v1/payment_methods', params: extra.data }));
  }
  const { element, params, type, card, ...more } = options;
  const source = element ?? card;
  if (source instanceof Element) {
    const request = { path: '/v1/payment_methods', params: { ...params, ...more } };
    return made('paymentMethod', await cardSource(source, 'createPaymentMethod')._call('submit', request));
  }
  return made('paymentMethod', await client.request('POST', '/v1/payment_methods', { type, card, ...more }));
}

async function createConfirmationToken({ elements, params = {} }) {
  if (!elements) {
    throw new IntegrationError('Invalid value for stripe.createConfirmationToken(): elements is required.');
  }
  const { payment_method_data: data, shipping, ...more } = params;
  const { source, extra } = collected(elements, 'createConfirmationToken', data);
  const { setupFutureUsage, setup_future_usage } = elements._options;
  const sent = await source._call('submit', {
    path: '/v1/confirmation_tokens',
    within: 'payment_method_data',
    params: {
      ...more,
      setup_future_usage: setupFutureUsage ?? setup_future_usage ?? undefined,
      shipping: shipping ?? extra.shipping,
      payment_method_data: extra.data,
    },
  });
  return made('confirmationToken', sent);
}

async function createToken(element, data = {}) {
  const { currency: _, ...card } = data;
  const source = cardSource(element, 'createToken');
  return made('token', await source._call('submit', { path: '/v1/tokens', within: 'card', params: { card } }));
}

const made = (name, { object, error }) => (error ? { error } : { [name]: object });
