// The test page of 3D Secure, in the layer that Stripe.js shows: it alone tells the sandbox how it ended.

const PARENT = decodeURIComponent(location.hash.slice(1));
const [authorize, fail] = ['authorize', 'fail'].map((what) => document.getElementById(`test-source-${what}-3ds`));

function shown(amount, currency) {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

function start({ key, path, secret, amount, currency }, port) {
  document.getElementById('wish').textContent = currency
    ? `A payment of ${shown(amount, currency)} needs to be authenticated.`
    : 'Your card needs to be authenticated, to be kept for later payments.';
  const end = async (outcome) => {
    // Once: a second press finds the first one on its way.
    if (authorize.disabled) return;
    authorize.disabled = fail.disabled = true;
    const result = await request('', key, 'POST', path, { client_secret: secret, outcome });
    port.postMessage({ event: 'done', payload: result });
  };
  authorize.addEventListener('click', () => end('succeeded'));
  fail.addEventListener('click', () => end('failed'));
  port.onmessage = ({ data }) => data.command === 'cancel' && end('failed');
  addEventListener('keydown', ({ key: pressed }) => {
    if (pressed === 'Escape') end('failed');
  });
  // Before, a press would do nothing.
  authorize.disabled = fail.disabled = false;
  // Not a button: a key that is still held down must not press it.
  document.querySelector('h1').focus();
}

addEventListener('message', ({ source, origin, data, ports }) => {
  if (source === parent && origin === PARENT && data?.sandboxStripe === 'connect') start(data.config, ports[0]);
});
parent.postMessage({ sandboxStripe: 'hello' }, PARENT);
