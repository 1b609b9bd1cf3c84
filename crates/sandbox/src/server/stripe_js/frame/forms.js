// Which fields each type of element has, how they stand, and what it tells the page of them.

// The error of the elements for a card alone: that of its first field that shows one.
const firstShown = (fields) => fields.map((field) => field.shown).find(Boolean);

const complete = (fields) => fields.every((field) => !field.problem);
const empty = (fields) => fields.every((field) => field.empty);

function paymentForm({ defaultValues, fields: wished = {}, terms, business, readOnly }, group) {
  const names = NAMES.payment;
  const number = numberField(names, false, true);
  const expiry = expiryField(names, false);
  const cvc = cvcField(names, false, number);
  const details = wished.billingDetails;
  const address = details === 'never' ? 'never' : details?.address;
  const hides = (name) => address === 'never' || address?.[name] === 'never';
  const given = defaultValues?.billingDetails?.address ?? {};
  const country = countryField(given.country);
  country.element.hidden = hides('country');
  const postal = postalField(names, false, () => (hides('postalCode') ? undefined : country.text));
  if (given.postal_code) postal.set(given.postal_code);
  country.input.addEventListener('input', postal.follow);
  const card = [number, expiry, cvc];
  leadOn(card);
  const fields = [...card, country, postal];
  for (const { input } of fields) input.disabled = Boolean(readOnly);
  const kept = group.keeps ? (terms?.card ?? 'auto') : (terms?.card ?? 'never');
  return {
    layout: 'spaced',
    fields,
    notes: kept === 'never' ? [] : [
      `By providing your card information, you allow ${business?.name ?? 'this business'} to charge your card for ` +
        'future payments in accordance with their terms.',
    ],
    card: { number, expiry, cvc },
    billing: () => ({
      address: {
        country: country.element.hidden ? undefined : country.text,
        postal_code: postal.element.hidden || postal.empty ? undefined : postal.text,
      },
    }),
    state: () => ({ empty: empty(card), complete: complete(fields), collapsed: false, value: { type: 'card' } }),
  };
}

function cardForm({ hidePostalCode, hideIcon, disabled, value }) {
  const names = NAMES.card;
  const number = numberField(names, true, !hideIcon);
  const expiry = expiryField(names, true);
  const cvc = cvcField(names, true, number);
  const postal = postalField(names, true, () => (hidePostalCode ? undefined : 'US'));
  if (value?.postalCode) postal.set(value.postalCode);
  const fields = [number, expiry, cvc, postal];
  leadOn(fields);
  for (const { input } of fields) input.disabled = Boolean(disabled);
  return {
    layout: 'inline',
    fields,
    card: { number, expiry, cvc },
    billing: () => ({ address: { postal_code: postal.empty ? undefined : postal.text } }),
    state: () => ({
      empty: empty(fields), complete: complete(fields), brand: brandOf(digitsOf(number.text)).brand,
      error: firstShown(fields), value: { postalCode: postal.text },
    }),
  };
}

// A card in three elements: each has one field.
function partForm(part, field, { disabled, placeholder }, more = () => ({})) {
  field.input.disabled = Boolean(disabled);
  if (placeholder) field.input.placeholder = placeholder;
  return {
    layout: 'inline',
    fields: [field],
    card: { [part]: field },
    billing: () => ({}),
    state: () => ({ empty: field.empty, complete: !field.problem, error: field.shown ?? undefined, ...more() }),
  };
}

function addressForm(options) {
  const fields = addressFields(options);
  const text = (name) => fields.find((field) => field.name === name)?.text;
  const asked = fields.filter((field) => field.name !== 'country');
  return {
    layout: 'spaced',
    fields,
    state: () => ({
      elementMode: options.mode, isNewAddress: true, empty: empty(asked), complete: complete(fields),
      value: {
        name: text('name'),
        phone: text('phone'),
        address: {
          line1: text('line1'), line2: text('line2') || null, city: text('city'), state: text('state'),
          postal_code: text('postal_code'), country: text('country'),
        },
      },
    }),
  };
}

function emailForm({ defaultValues }) {
  const field = emailField(defaultValues?.email ?? '');
  return {
    layout: 'spaced',
    fields: [field],
    state: () => ({ empty: field.empty, complete: !field.problem, value: { email: field.text } }),
  };
}

function formOfType({ type, options, group }) {
  const names = NAMES.card;
  switch (type) {
    case 'payment':
      return paymentForm(options, group);
    case 'card':
      return cardForm(options);
    case 'cardNumber': {
      const field = numberField(names, true, options.showIcon);
      return partForm('number', field, options, () => ({ brand: brandOf(digitsOf(field.text)).brand }));
    }
    case 'cardExpiry':
      return partForm('expiry', expiryField(names, true), options);
    case 'cardCvc':
      return partForm('cvc', cvcField(names, true), options);
    case 'address':
      return addressForm(options);
    default:
      return emailForm(options);
  }
}
