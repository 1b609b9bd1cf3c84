// One element: a frame in the page's container, its events, and the classes that tell how it is.

const TITLES = {
  payment: 'Secure payment input frame',
  card: 'Secure card payment input frame',
  cardNumber: 'Secure card number input frame',
  cardExpiry: 'Secure expiration date input frame',
  cardCvc: 'Secure CVC input frame',
  address: 'Secure address input frame',
  linkAuthentication: 'Secure email input frame',
};

// Those of the payment element's family have room around their fields for the focus ring.
const SPACIOUS = ['payment', 'address', 'linkAuthentication'];

class Element extends Emitter {
  #container = null;
  #frame = null;
  #destroyed = false;
  #classes = new Set();

  constructor(type, options, group) {
    super();
    this._elementType = type;
    this._options = { ...options };
    this._group = group;
    this._state = { empty: true, complete: false };
  }

  mount(target) {
    this.#refuseDestroyed();
    const container = typeof target === 'string' ? document.querySelector(target) : target;
    if (!(container instanceof HTMLElement)) {
      throw new IntegrationError(
        `The selector you specified (${target}) applies to no DOM elements that are currently on the page. ` +
          'Make sure the element exists on the page before calling mount().',
      );
    }
    if (this.#container === container && this.#frame?.element.isConnected) return;
    this.unmount();
    this.#container = container;
    container.replaceChildren();
    this._classify({ base: true });
    if (this._elementType === 'expressCheckout') {
      // No wallet lives here.
      queueMicrotask(() => this._say('ready', { availablePaymentMethods: undefined }));
      return;
    }
    const config = {
      type: this._elementType,
      options: this._options,
      group: this._group._settings(),
    };
    const frame = new Frame('/elements/frame', TITLES[this._elementType], config, (event, payload) => {
      if (frame === this.#frame) this.#hear(event, payload);
    });
    this.#frame = frame;
    const room = SPACIOUS.includes(this._elementType) ? 4 : 0;
    frame.element.style.cssText =
      `border:0!important;display:block!important;height:1px;min-width:100%;width:calc(100% + ${2 * room}px)!important;` +
      `margin:-${room}px!important;padding:0!important;background:transparent!important;` +
      'overflow:hidden!important;user-select:none!important';
    this._paint();
    container.append(frame.element);
    queueMicrotask(() => this._say('loaderstart', {}));
  }

  unmount() {
    this.#frame?.remove();
    this.#frame = null;
    for (const name of this.#classes) this.#container?.classList.remove(name);
    this.#classes.clear();
    this.#container = null;
    return this;
  }

  // Frees its place in the group: StrictMode makes another at once.
  destroy() {
    this.#refuseDestroyed();
    this.unmount();
    this.#destroyed = true;
    this._group._forget(this);
    return this;
  }

  update(options = {}) {
    this.#refuseDestroyed();
    this._options = { ...this._options, ...options };
    this.#frame?.tell({ update: { options: this._options } });
    return this;
  }

  focus() {
    this.#frame?.element.focus();
    this.#frame?.tell({ command: 'focus' });
    return this;
  }

  blur() {
    this.#frame?.tell({ command: 'blur' });
    return this;
  }

  clear() {
    this.#frame?.tell({ command: 'clear' });
    return this;
  }

  collapse() {
    return this;
  }

  // Of the address element.
  getValue() {
    const { complete, value } = this._state;
    return Promise.resolve({ complete, isNewAddress: true, value });
  }

  get _mounted() {
    return this.#frame !== null || (this._elementType === 'expressCheckout' && this.#container !== null);
  }

  // A frame is transparent only while it has the colour scheme of what is in it.
  _paint() {
    if (!this.#frame) return;
    this.#frame.element.style.colorScheme = this._group._options.appearance?.theme === 'night' ? 'dark' : 'light';
  }

  _tell(message) {
    this.#frame?.tell(message);
  }

  _call(method, args) {
    if (!this.#frame) {
      throw new IntegrationError(
        'We could not retrieve data from the specified Element. Please make sure the Element you are attempting to ' +
          'use is still mounted.',
      );
    }
    return this.#frame.call(method, args);
  }

  _say(event, payload) {
    this._emit(event, { elementType: this._elementType, ...payload });
  }

  async #hear(event, payload) {
    if (event === 'height') {
      this.#frame.element.style.height = `${payload}px`;
    } else if (event === 'ready') {
      const frame = this.#frame;
      const { error } = await this._group._session(this._elementType);
      // It may be gone, or in another place, by now.
      if (frame !== this.#frame) return;
      this._say(error ? 'loaderror' : 'ready', error ? { error } : {});
    } else if (event === 'change') {
      this._state = payload;
      this._classify({ empty: payload.empty, complete: payload.complete, invalid: Boolean(payload.error) });
      this._say('change', payload);
    } else if (event === 'focus' || event === 'blur') {
      this._classify({ focus: event === 'focus' });
      this._say(event, {});
    } else if (event === 'loaderror') {
      this._say('loaderror', { error: payload });
    } else if (event === 'escape') {
      this._say('escape', {});
    } else if (event === 'enter') {
      this.#enter();
    }
  }

  // Enter in a field submits the page's form, as it does in a field of its own.
  #enter() {
    const form = this.#container?.closest('form');
    const button = form?.querySelector('button:not([type]), button[type=submit], input[type=submit]');
    if (!button?.disabled) form?.requestSubmit(button ?? undefined);
  }

  _classify(states) {
    for (const [state, on] of Object.entries(states)) {
      const name = this._options.classes?.[state] ?? (state === 'base' ? 'StripeElement' : `StripeElement--${state}`);
      for (const word of name.split(/\s+/).filter(Boolean)) {
        this.#container?.classList.toggle(word, on);
        if (on) this.#classes.add(word);
      }
    }
  }

  #refuseDestroyed() {
    if (this.#destroyed) {
      throw new IntegrationError('This Element has already been destroyed. Please create a new one.');
    }
  }
}
