import { Problem } from '../../api/problem';
import type { Key } from '../../i18n/en';
import type { Words } from '../../i18n/words';

/** The reasons of an `invalid_request` by field; empty for any other error. */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!(error instanceof Problem) || !error.document.errors) return {};
  return Object.fromEntries(error.document.errors.map(({ field, reason }) => [field, reason]));
}

/** How the API's reasons begin, which are English, and what they are in the reader's words. */
const REASONS: [field: string, begins: string, key: Key][] = [
  ['email', 'is taken', 'field.email_taken'],
  ['email', 'is not an e-mail address', 'field.email_wrong'],
  ['name', 'must be one line', 'field.name_wrong'],
  ['password', 'must have at least', 'field.password_hint'],
  ['password', 'must have at most', 'field.password_long'],
];

/** As `fieldErrors`, for who reads them; a reason that is not known stays as it is. */
export function fieldTexts(error: unknown, { t }: Words): Record<string, string> {
  const read = ([field, reason]: [string, string]) => {
    const known = REASONS.find(([of, begins]) => of === field && reason.startsWith(begins));
    return [field, known ? t(known[2]) : reason];
  };
  return Object.fromEntries(Object.entries(fieldErrors(error)).map(read));
}
