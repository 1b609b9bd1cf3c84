// Countries, names and addresses.

const COUNTRIES =
  'AD AE AF AG AI AL AM AO AR AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA CD CF CG CH ' +
  'CI CK CL CM CN CO CR CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FK FO FR GA GB GD GE GF GG GH GI GL GM GN ' +
  'GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IQ IS IT JE JM JO JP KE KG KH KI KM KN KR KW KY KZ LA LB LC LI LK ' +
  'LR LS LT LU LV LY MA MC MD ME MF MG MK ML MM MN MO MQ MR MS MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP NR NU NZ OM ' +
  'PA PE PF PG PH PK PL PM PN PR PS PT PY QA RE RO RS RU RW SA SB SC SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SZ TC ' +
  'TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VN VU WF WS XK YE YT ZA ZM ZW';

function countries(allowed) {
  const names = new Intl.DisplayNames(['en'], { type: 'region' });
  const codes = allowed?.length ? allowed : COUNTRIES.split(' ');
  return codes.map((code) => [code, names.of(code)]).sort((a, b) => a[1].localeCompare(b[1]));
}

// Stripe looks where the browser's address is; here its language has to do.
function ownCountry(choices) {
  const region = new Intl.Locale(navigator.language).region ?? 'US';
  return choices.some(([code]) => code === region) ? region : choices[0][0];
}

function countryField(value, allowed) {
  const choices = countries(allowed);
  const known = choices.some(([code]) => code === value);
  return new Field({
    name: 'country', label: 'Country', choices, value: known ? value : ownCountry(choices), autocomplete: 'billing country',
  });
}

const needed = (what) => (text) =>
  text.trim() === '' ? validationError(`incomplete_${what}`, 'This field is incomplete.') : null;

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

function emailField(value) {
  const problem = (text) => {
    if (EMAIL.test(text.trim())) return null;
    return text.trim() === ''
      ? validationError('incomplete_email', 'Your email is incomplete.')
      : validationError('incomplete_email', 'Your email is invalid.');
  };
  return new Field({
    name: 'email', label: 'Email', type: 'email', problem, value, autocomplete: 'email', placeholder: 'you@example.com',
  });
}

function addressFields({ defaultValues = {}, allowedCountries, fields = {}, mode, display, validation }) {
  const { address = {} } = defaultValues;
  const within = mode === 'shipping' ? 'shipping' : 'billing';
  const line = (name, label, value, autocomplete, problem) =>
    new Field({ name, label, value: value ?? '', problem, autocomplete: `${within} ${autocomplete}` });
  const nameLabel = display?.name === 'organization' ? 'Organization name' : 'Full name';
  const all = [
    line('name', nameLabel, defaultValues.name, 'name', needed('name')),
    countryField(address.country, allowedCountries),
    line('line1', 'Address line 1', address.line1, 'address-line1', needed('line1')),
    line('line2', 'Address line 2', address.line2, 'address-line2'),
    line('city', 'City', address.city, 'address-level2', needed('city')),
    line('state', 'State or province', address.state, 'address-level1'),
    line('postal_code', 'Postal code', address.postal_code, 'postal-code', needed('postal_code')),
  ];
  if (fields.phone === 'always') {
    const wanted = validation?.phone?.required === 'always';
    all.push(line('phone', 'Phone number', defaultValues.phone, 'tel', wanted ? needed('phone') : undefined));
  }
  return all;
}
