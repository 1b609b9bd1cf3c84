import { CATALOG_TEXTS } from './catalogTexts';
import { type Catalogue, en, type Key } from './en';

export const LOCALES = ['en', 'es'] as const;
export type Locale = (typeof LOCALES)[number];

type Values = Record<string, string | number>;

/** Texts, money, numbers and dates as people of one locale write them. */
export interface Words {
  locale: Locale;
  t: (key: Key, values?: Values) => string;
  /** `key` is the name without `.one` and `.other`; `{count}` stands for the number. */
  plural: (key: PluralKey, count: number, values?: Values) => string;
  /** `amount` in minor units. Whole amounts without decimals, a true minus sign. */
  money: (amount: number, currency: string) => string;
  /** With its decimals always: for what stands in a column, and on paper. */
  exactMoney: (amount: number, currency: string) => string;
  /** For what stands below each other: with decimals if any of the amounts has some, so that they align. */
  column: (amounts: number[], currency: string) => (amount: number) => string;
  number: (value: number) => string;
  /** 12.4K */
  compact: (value: number) => string;
  /** −10% */
  percent: (share: number) => string;
  /** With a + or a true minus sign. */
  signed: (value: number) => string;
  /** Nov 27, 2026, where the reader is. `at` is RFC 3339. */
  date: (at: string) => string;
  /** With the hour, for what may happen on the same day. */
  dateTime: (at: string) => string;
  /** Nov 27, of a plain date such as 2026-11-27. */
  day: (date: string) => string;
  /** Nov 27, 2026, of a plain date. */
  plainDate: (date: string) => string;
  list: (items: string[]) => string;
  /** What the catalog says of tiers and features. */
  said: (text: string) => string;
}

type PluralKey<K extends string = Key> = K extends `${infer Name}.other` ? Name : never;

const minus = (text: string) => text.replace('-', '−');

export function fill(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

// As in the server's domain/src/money.rs.
const ZERO_DECIMAL = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ');
const THREE_DECIMAL = 'bhd jod kwd omr tnd'.split(' ');

/**
 * How many digits of an amount stand behind the point, as Stripe counts minor units (Stripe docs: currencies). Intl's
 * digits are others for some, as ISK and UGX.
 */
export function decimals(currency: string): number {
  const code = currency.toLowerCase();
  if (ZERO_DECIMAL.includes(code)) return 0;
  return THREE_DECIMAL.includes(code) ? 3 : 2;
}

export function createWords(locale: Locale, catalogue: Catalogue, timeZone?: string): Words {
  const number = new Intl.NumberFormat(locale);
  const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
  const signed = new Intl.NumberFormat(locale, { signDisplay: 'exceptZero' });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone });
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone });
  const day = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', timeZone: 'UTC' });
  const plainDate = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' });
  const list = new Intl.ListFormat(locale);
  const rules = new Intl.PluralRules(locale);
  const t = (key: Key, values?: Values) => fill(catalogue[key], values);
  const money = (amount: number, currency: string, trailingZeroDisplay: 'auto' | 'stripIfInteger') => {
    const digits = decimals(currency);
    const format = new Intl.NumberFormat(locale, {
      style: 'currency',
      currency,
      currencyDisplay: 'narrowSymbol',
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      trailingZeroDisplay,
    });
    return minus(format.format(amount / 10 ** digits));
  };
  return {
    locale,
    t,
    plural: (key, count, values) => {
      const one = `${key}.one` as Key;
      const form = rules.select(count) === 'one' && one in en ? one : (`${key}.other` as Key);
      return t(form, { count: number.format(count), ...values });
    },
    money: (amount, currency) => money(amount, currency, 'stripIfInteger'),
    exactMoney: (amount, currency) => money(amount, currency, 'auto'),
    column: (amounts, currency) => {
      const isWhole = amounts.every((amount) => amount % 10 ** decimals(currency) === 0);
      return (amount) => money(amount, currency, isWhole ? 'stripIfInteger' : 'auto');
    },
    number: (value) => minus(number.format(value)),
    compact: (value) => minus(compact.format(value)),
    percent: (share) => minus(percent.format(share)),
    signed: (value) => minus(signed.format(value)),
    date: (at) => date.format(new Date(at)),
    dateTime: (at) => dateTime.format(new Date(at)),
    day: (plain) => day.format(new Date(`${plain}T00:00:00Z`)),
    plainDate: (plain) => plainDate.format(new Date(`${plain}T00:00:00Z`)),
    list: (items) => list.format(items),
    said: (text) => CATALOG_TEXTS[locale]?.[text] ?? text,
  };
}
