// Handlers of events. They come and go at any time: react-stripe-js takes its own off after `destroy`.

class Emitter {
  #handlers = new Map();

  on(event, handler) {
    if (typeof handler !== 'function') {
      throw new IntegrationError(`Invalid value for on(): a handler of '${event}' should be a function.`);
    }
    this.#handlers.set(event, [...(this.#handlers.get(event) ?? []), handler]);
    return this;
  }

  once(event, handler) {
    const first = (payload) => {
      this.off(event, first);
      handler(payload);
    };
    return this.on(event, first);
  }

  off(event, handler) {
    const left = handler ? (this.#handlers.get(event) ?? []).filter((other) => other !== handler) : [];
    this.#handlers.set(event, left);
    return this;
  }

  // One handler's failure is its own: the others are called all the same.
  _emit(event, payload) {
    for (const handler of this.#handlers.get(event) ?? []) {
      try {
        handler(payload);
      } catch (error) {
        reportError(error);
      }
    }
  }
}
