// Card numbers, dates and codes: brands, spacing, and what is wrong with them in Stripe's codes and words.

const GROUPS_OF_FOUR = [4, 8, 12];
const BRANDS = [
  { brand: 'visa', name: 'Visa', start: /^4/ },
  { brand: 'mastercard', name: 'Mastercard', start: /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/ },
  { brand: 'amex', name: 'American Express', start: /^3[47]/, lengths: [15], gaps: [4, 10], cvc: 4 },
  { brand: 'diners', name: 'Diners Club', start: /^36/, lengths: [14], gaps: [4, 10] },
  { brand: 'diners', name: 'Diners Club', start: /^3(0[0-5]|[89])/ },
  { brand: 'jcb', name: 'JCB', start: /^35/ },
  { brand: 'discover', name: 'Discover', start: /^(6011|64[4-9]|65)/ },
  { brand: 'unionpay', name: 'UnionPay', start: /^(62|81)/, lengths: [16, 19], gaps: [...GROUPS_OF_FOUR, 16] },
].map((brand) => ({ lengths: [16], gaps: GROUPS_OF_FOUR, cvc: 3, ...brand }));
const UNKNOWN = { brand: 'unknown', name: '', lengths: [16], gaps: GROUPS_OF_FOUR, cvc: 3 };

const digitsOf = (text) => text.replace(/\D/g, '');
const brandOf = (number) => BRANDS.find(({ start }) => start.test(number)) ?? UNKNOWN;

// The business time of the sandbox, as the server wrote it into the page.
const NOW = new Date(Number(document.documentElement.dataset.now) * 1000);

function isLuhn(number) {
  const sum = [...number].reverse().reduce((total, digit, index) => {
    const value = index % 2 ? Number(digit) * 2 : Number(digit);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

function spaced(number) {
  const { gaps, lengths } = brandOf(number);
  const kept = number.slice(0, Math.max(...lengths));
  return [0, ...gaps].map((from, index) => kept.slice(from, gaps[index])).filter(Boolean).join(' ');
}

function numberProblem(text) {
  const number = digitsOf(text);
  const { brand, lengths } = brandOf(number);
  if (number.length < Math.min(...lengths)) return validationError('incomplete_number', 'Your card number is incomplete.');
  if (brand !== 'unknown' && isLuhn(number) && lengths.includes(number.length)) return null;
  if (number.length < Math.max(...lengths)) return validationError('incomplete_number', 'Your card number is incomplete.');
  return validationError('invalid_number', 'Your card number is invalid.');
}

// `1` stays, `5` is May, `1234` is `12 / 34`; a year of four digits is cut to its last two.
function dated(text, deleting) {
  let digits = digitsOf(text);
  if (/^[2-9]/.test(digits) || /^1\s*\/\s*\d/.test(text)) digits = `0${digits}`;
  if (/^(0[1-9]|1[0-2])20\d\d/.test(digits)) digits = digits.slice(0, 2) + digits.slice(4);
  digits = digits.slice(0, 4);
  const complete = digits.length > 2 || (digits.length === 2 && !deleting);
  return complete ? `${digits.slice(0, 2)} / ${digits.slice(2)}` : digits;
}

function expiryProblem(text) {
  const digits = digitsOf(text);
  const month = Number(digits.slice(0, 2));
  if (digits.length >= 2 && (month < 1 || month > 12)) {
    return validationError('invalid_expiry_month', "Your card's expiration month is invalid.");
  }
  if (digits.length < 4) return validationError('incomplete_expiry', "Your card's expiration date is incomplete.");
  const year = 2000 + Number(digits.slice(2));
  const [thisYear, thisMonth] = [NOW.getUTCFullYear(), NOW.getUTCMonth() + 1];
  if (year < thisYear) return validationError('invalid_expiry_year_past', "Your card's expiration year is in the past.");
  if (year === thisYear && month < thisMonth) {
    return validationError('invalid_expiry_month_past', "Your card's expiration date is in the past.");
  }
  if (year > thisYear + 50) return validationError('invalid_expiry_year', "Your card's expiration year is invalid.");
  return null;
}

// Where the number is not known, three digits or four.
function cvcProblem(text, number) {
  const wanted = number === undefined ? 3 : brandOf(digitsOf(number)).cvc;
  if (digitsOf(text).length >= wanted) return null;
  return validationError('incomplete_cvc', "Your card's security code is incomplete.");
}

// Countries whose cards have a postal code to check. It may be left out here: no bank checks it.
const ZIP = {
  US: { label: 'ZIP code', placeholder: '12345', form: /^\d{5}(-?\d{4})?$/ },
  GB: { label: 'Postal code', placeholder: 'WS11 1DB', form: /^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$/i },
  CA: { label: 'Postal code', placeholder: 'M5T 1T4', form: /^[A-Z]\d[A-Z] ?\d[A-Z]\d$/i },
};

function zipProblem(text, country) {
  const zip = ZIP[country];
  if (!zip || text.trim() === '' || zip.form.test(text.trim())) return null;
  return validationError('incomplete_zip', `Your ${country === 'US' ? 'ZIP' : 'postal code'} is incomplete.`);
}
