// A frame of the sandbox's other origin, and the channel to what is in it.

const SCRIPT = document.currentScript ?? document.querySelector('script[src*="/stripe.js"], script[src*="/v3"]');
if (!SCRIPT?.src) throw new IntegrationError('Stripe.js has to be loaded by a <script> element with its address.');
const BASE = new URL(SCRIPT.src).origin;

// A page must not be able to look into the frame, even if the sandbox is served on the page's own host and port.
// Browsers take every name under localhost for this machine.
const FRAMES = (() => {
  const url = new URL(BASE);
  const here = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (here) url.hostname = 'elements.localhost';
  if (url.origin === location.origin) {
    console.warn('Sandbox Stripe.js: its frames have the origin of this page, which so could read what is typed in them.');
  }
  return url.origin;
})();

const SILENCE_MS = 20_000;
let frames = 0;

class Frame {
  #calls = new Map();
  #port = null;
  #gone = false;
  #waiting = [];
  #timer;
  #count = 0;

  // `config` is what the frame is told first; `hear` gets what it says by itself: (event, payload).
  constructor(path, title, config, hear) {
    this.config = config;
    this.hear = hear;
    const frame = document.createElement('iframe');
    frames += 1;
    frame.name = `__privateStripeFrame${Math.floor(Math.random() * 1e6)}${frames}`;
    frame.title = title;
    frame.allow = 'payment *';
    frame.setAttribute('allowtransparency', 'true');
    frame.setAttribute('scrolling', 'no');
    frame.setAttribute('frameborder', '0');
    // The frame talks to this origin only; it is not secret.
    frame.src = `${FRAMES}${path}#${encodeURIComponent(location.origin)}`;
    this.element = frame;
    this.#timer = setTimeout(() => this.#port ?? this.#fail(), SILENCE_MS);
    // An error page has loaded too, and says nothing.
    frame.addEventListener('load', () => setTimeout(() => this.#port ?? this.#fail(), 3000));
    addEventListener('message', this.#greet);
  }

  #greet = (event) => {
    const ours = event.source === this.element.contentWindow && event.origin === FRAMES;
    if (!ours || event.data?.sandboxStripe !== 'hello') return;
    // A frame that the page has moved in its tree is loaded anew, and knows of nothing.
    if (this.#port) this.#endCalls();
    this.#port?.close();
    const channel = new MessageChannel();
    this.#port = channel.port1;
    this.#port.onmessage = ({ data }) => this.#receive(data);
    this.element.contentWindow.postMessage({ sandboxStripe: 'connect', config: this.config }, FRAMES, [channel.port2]);
    for (const message of this.#waiting.splice(0)) this.tell(message);
  };

  #receive({ reply, result, event, payload }) {
    if (event) {
      this.hear(event, payload);
      return;
    }
    this.#calls.get(reply)?.(result);
    this.#calls.delete(reply);
  }

  #fail() {
    if (this.#gone) return;
    this.#gone = true;
    this.#endCalls();
    this.hear('loaderror', connectionError());
  }

  #endCalls() {
    for (const answer of this.#calls.values()) answer({ error: connectionError() });
    this.#calls.clear();
  }

  tell(message) {
    if (this.#port) this.#port.postMessage(message);
    else this.#waiting.push(message);
  }

  // Answers what the frame answers; an `{error}` when it is gone.
  call(method, args) {
    if (this.#gone) return Promise.resolve({ error: connectionError() });
    return new Promise((answer) => {
      this.#count += 1;
      this.#calls.set(this.#count, answer);
      this.tell({ call: this.#count, method, args });
    });
  }

  remove() {
    this.#gone = true;
    clearTimeout(this.#timer);
    removeEventListener('message', this.#greet);
    this.#port?.close();
    this.element.remove();
    this.#endCalls();
  }
}
