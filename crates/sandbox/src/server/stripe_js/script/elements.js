// A group of elements that collect what one intent needs.

const MODES = ['payment', 'setup', 'subscription'];
const NEEDS_INTENT = ['payment', 'expressCheckout'];

function checkedOptions(options) {
  if (options.clientSecret !== undefined && options.mode !== undefined) {
    throw new IntegrationError('Invalid value for elements(): clientSecret and mode cannot be used together.');
  }
  if (options.clientSecret !== undefined) kindOf(options.clientSecret, 'elements()');
  if (options.mode === undefined) return options;
  const refuse = (name, wanted) => {
    throw new IntegrationError(
      `Invalid value for elements(): ${name} should be ${wanted}. You specified: ${options[name]}.`,
    );
  };
  if (!MODES.includes(options.mode)) refuse('mode', `one of ${MODES.join(', ')}`);
  if (options.mode !== 'setup') {
    if (!(Number.isInteger(options.amount) && options.amount >= 0)) refuse('amount', 'in the smallest unit of its currency');
    if (typeof options.currency !== 'string') refuse('currency', 'the three letters of one');
  }
  return options;
}

class Elements extends Emitter {
  #elements = [];
  #asked = null;

  constructor(client, options = {}) {
    super();
    this._client = client;
    this._options = checkedOptions({ ...options });
    this._submitted = false;
    this._id = crypto.getRandomValues(new Uint32Array(4)).join('');
  }

  create(type, options = {}) {
    if (!(type in TITLES) && type !== 'expressCheckout') {
      throw new IntegrationError(`This sandbox's Stripe.js has no ${type} Element.`);
    }
    if (NEEDS_INTENT.includes(type) && !this._options.clientSecret && !this._options.mode) {
      throw new IntegrationError(
        'In order to create a payment element, you must pass a clientSecret or mode when creating the Elements group.',
      );
    }
    if (type === 'address' && !['billing', 'shipping'].includes(options.mode)) {
      throw new IntegrationError("You must supply options.mode. mode must be 'billing' or 'shipping'.");
    }
    if (this._find(type, options.mode)) {
      throw new IntegrationError(`Can only create one Element of type ${type} through an Elements instance.`);
    }
    const element = new Element(type, options, this);
    this.#elements.push(element);
    return element;
  }

  // react-stripe-js gives the component, which carries its type.
  getElement(type, options = {}) {
    return this._find(type?.__elementType ?? type, options?.mode) ?? null;
  }

  update(options) {
    if ('clientSecret' in options && options.clientSecret !== this._options.clientSecret) {
      throw new IntegrationError('elements.update(): clientSecret cannot be changed. Create another Elements group.');
    }
    this._options = checkedOptions({ ...this._options, ...options });
    this.#asked = null;
    for (const element of this.#elements) {
      element._tell({ update: { group: this._settings() } });
      element._paint();
    }
    queueMicrotask(() => this._emit('update-end'));
    return Promise.resolve();
  }

  // Asks again for the intent, which the server may have changed.
  async fetchUpdates() {
    this.#asked = null;
    const { error } = await this._session('payment');
    return error ? { error: { message: error.message, status: 'error' } } : {};
  }

  async submit() {
    const elements = this.#elements.filter((element) => element._mounted && element._elementType in TITLES);
    if (!elements.some((element) => element._elementType === 'payment')) {
      throw new IntegrationError('elements.submit(): elements should have a mounted Payment Element.');
    }
    // Every element shows what is missing; the first of them is told of.
    const results = await Promise.all(elements.map((element) => element._call('validate')));
    const failed = results.find(({ error }) => error);
    if (failed) return { error: failed.error };
    this._submitted = true;
    return { selectedPaymentMethod: 'card' };
  }

  _find(type, mode) {
    return this.#elements.find(
      (element) => element._elementType === type && (type !== 'address' || !mode || element._options.mode === mode),
    );
  }

  _forget(element) {
    this.#elements = this.#elements.filter((other) => other !== element);
  }

  // What the frames have to know.
  _settings() {
    const { appearance, fonts, mode, setupFutureUsage, setup_future_usage } = this._options;
    const keeps = mode === 'setup' || mode === 'subscription' || Boolean(setupFutureUsage ?? setup_future_usage);
    return {
      id: this._id,
      key: this._client.key,
      appearance: appearance ?? {},
      fonts: (fonts ?? []).map((font) => absolute(font)),
      keeps: keeps || Boolean(this._options.clientSecret?.startsWith('seti_')),
    };
  }

  // What the sandbox says of the intent, asked once. Elements of a card alone need none.
  _session(type) {
    const { clientSecret, mode, amount, currency } = this._options;
    if (!NEEDS_INTENT.includes(type) || !(clientSecret || mode)) return Promise.resolve({});
    const params = clientSecret
      ? { type: kindOf(clientSecret, 'elements()').object, client_secret: clientSecret }
      : { type: 'deferred_intent', deferred_intent: { mode, amount: mode === 'setup' ? undefined : amount, currency } };
    this.#asked ??= this._client.request('GET', '/v1/elements/sessions', params);
    return this.#asked;
  }
}

// A font's address is relative to the page, not to the frame.
function absolute(font) {
  if (font.cssSrc) return { cssSrc: new URL(font.cssSrc, document.baseURI).href };
  const src = String(font.src ?? '').replace(/url\(\s*(['"]?)([^'")]+)\1\s*\)/g, (_, quote, address) => {
    return `url("${new URL(address, document.baseURI).href}")`;
  });
  return { ...font, src };
}
