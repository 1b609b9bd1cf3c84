// The fields of a card, with the payment element's names or the older elements'.

const NAMES = {
  payment: { number: 'number', expiry: 'expiry', cvc: 'cvc', postal: 'postalCode' },
  card: { number: 'cardnumber', expiry: 'exp-date', cvc: 'cvc', postal: 'postal' },
};

const CARD_ICON =
  '<svg viewBox="0 0 32 21" width="32" height="21" aria-hidden="true"><rect x=".5" y=".5" width="31" height="20" rx="3" ' +
  'fill="none" stroke="currentColor" opacity=".55"/><rect y="5" width="32" height="4" fill="currentColor" opacity=".55"/></svg>';

const BADGES = {
  visa: ['VISA', '#1a3f94'], mastercard: ['MC', '#b0300e'], amex: ['AMEX', '#15669a'], discover: ['DISC', '#a34e00'],
  diners: ['DC', '#0b5a86'], jcb: ['JCB', '#0f6b3d'], unionpay: ['UP', '#a51c24'],
};

// Shows the brand; screen readers hear it when it changes.
function brandBadge() {
  const badge = Object.assign(document.createElement('span'), { className: 'Brand' });
  badge.setAttribute('role', 'status');
  badge.show = ({ brand, name }) => {
    if (badge.dataset.brand === brand) return;
    badge.dataset.brand = brand;
    const [text, color] = BADGES[brand] ?? [];
    badge.innerHTML = text
      ? `<span class="Brand-badge" style="background:${color}" aria-hidden="true">${text}</span>` +
        `<span class="is-hidden">${name}</span>`
      : CARD_ICON;
  };
  badge.show(UNKNOWN);
  return badge;
}

function numberField(names, bare, icon) {
  const badge = brandBadge();
  const field = new Field({
    name: names.number, label: bare ? 'Credit or debit card number' : 'Card number', bare,
    format: (text) => spaced(digitsOf(text)), problem: numberProblem, decoration: icon ? badge : undefined,
    inputmode: 'numeric', autocomplete: 'cc-number', placeholder: bare ? 'Card number' : '1234 1234 1234 1234',
    autocorrect: 'off', spellcheck: 'false', 'aria-required': 'true',
  });
  field.input.addEventListener('input', () => badge.show(brandOf(digitsOf(field.text))));
  // In a narrow frame only its end is seen, when it has been left.
  const showEnd = () => (field.input.scrollLeft = field.input.scrollWidth);
  if (bare) field.input.addEventListener('blur', () => requestAnimationFrame(showEnd));
  field.reset = () => badge.show(UNKNOWN);
  return field;
}

function expiryField(names, bare) {
  return new Field({
    name: names.expiry, label: bare ? 'Credit or debit card expiration date' : 'Expiration date', bare,
    format: dated, problem: expiryProblem,
    inputmode: 'numeric', autocomplete: 'cc-exp', placeholder: 'MM / YY', autocorrect: 'off', spellcheck: 'false',
    'aria-required': 'true',
  });
}

function cvcField(names, bare, number) {
  return new Field({
    name: names.cvc, label: bare ? 'Credit or debit card CVC/CVV' : 'Security code', bare,
    format: (text) => digitsOf(text).slice(0, number ? brandOf(digitsOf(number.text)).cvc : 4),
    problem: (text) => cvcProblem(text, number?.text),
    inputmode: 'numeric', autocomplete: 'cc-csc', placeholder: 'CVC', autocorrect: 'off', spellcheck: 'false',
    'aria-required': 'true',
  });
}

function postalField(names, bare, country) {
  const field = new Field({
    name: names.postal, label: 'ZIP code', bare, problem: (text) => zipProblem(text, country()),
    autocomplete: 'billing postal-code', placeholder: 'ZIP', autocorrect: 'off', spellcheck: 'false',
  });
  field.follow = () => {
    const zip = ZIP[country()];
    field.element.hidden = !zip;
    if (!zip) return;
    field.label.textContent = zip.label;
    if (!bare) field.input.placeholder = zip.placeholder;
    field.show();
  };
  field.follow();
  return field;
}

// What is complete leads on to the next one, if the caret is at its end.
function leadOn(fields) {
  fields.slice(0, -1).forEach((field, index) => {
    field.input.addEventListener('input', (event) => {
      const { input } = field;
      const typed = event.isTrusted && document.activeElement === input && input.selectionStart === input.value.length;
      const next = fields[index + 1];
      if (typed && !field.problem && next.empty && !next.element.hidden) next.input.focus();
    });
  });
}
