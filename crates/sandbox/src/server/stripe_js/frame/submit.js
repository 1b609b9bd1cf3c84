// The card on its way to the sandbox: from here, and from nowhere else.

// What a card may be sent to.
const DESTINATIONS = /^\/v1\/(payment_methods|confirmation_tokens|tokens|(payment|setup)_intents\/\w+\/confirm)$/;

// How long the number waits for the elements of the date and the code. They are on this machine.
const PARTS_MS = 500;

// The three elements of one card have one origin and their group's id: so they find each other.
class Parts {
  // `answer` gives this part's own answer: what it is, its text, and what is wrong with it.
  constructor(group, answer) {
    this.channel = new BroadcastChannel(`card-${group}`);
    this.channel.addEventListener('message', ({ data }) => {
      if (data === 'ask') this.channel.postMessage(answer());
    });
  }

  // What the others have; a date has to be there, a code may be left out.
  ask() {
    const found = {};
    return new Promise((answer) => {
      const done = () => {
        this.channel.removeEventListener('message', hear);
        answer(found);
      };
      const hear = ({ data }) => {
        if (data.part) found[data.part] = data;
        if (found.expiry && found.cvc) done();
      };
      this.channel.addEventListener('message', hear);
      this.channel.postMessage('ask');
      setTimeout(done, PARTS_MS);
    });
  }
}

function validate(form) {
  const wrong = form.fields.filter((field) => field.insist());
  wrong[0]?.input.focus();
  return wrong.length ? { error: wrong[0].problem } : {};
}

// The card as the API takes it, or `{error}`.
async function cardOf(form, parts) {
  const { error } = validate(form);
  if (error) return { error };
  const texts = { number: form.card.number.text, expiry: form.card.expiry?.text, cvc: form.card.cvc?.text };
  if (parts) {
    const { expiry, cvc } = await parts.ask();
    const problem = expiry ? (expiry.problem ?? cvc?.problem) : expiryProblem('');
    if (problem) return { error: problem };
    Object.assign(texts, { expiry: expiry.text, cvc: cvc?.text });
  }
  const date = digitsOf(texts.expiry);
  return {
    card: {
      number: digitsOf(texts.number),
      exp_month: Number(date.slice(0, 2)),
      exp_year: 2000 + Number(date.slice(2)),
      cvc: texts.cvc || undefined,
    },
  };
}

// Adds the card to the parameters and sends them. Answers what the sandbox answers: it shows no number.
async function submit(key, form, parts, { path, within, params }) {
  if (!DESTINATIONS.test(path)) return { error: connectionError() };
  const { card, error } = await cardOf(form, parts);
  if (error) return { error };
  const sent = { ...params };
  const { address } = form.billing();
  if (within === 'card') {
    sent.card = { ...sent.card, ...card };
    if (address?.postal_code) sent.card.address_zip = address.postal_code;
  } else {
    const data = within ? sent[within] : sent;
    const given = data?.billing_details;
    const details = address ? { ...given, address: { ...given?.address, ...defined(address) } } : given;
    const whole = { ...data, type: 'card', card, billing_details: details };
    if (within) sent[within] = whole;
    else Object.assign(sent, whole);
  }
  return request('', key, 'POST', path, sent);
}

const defined = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
