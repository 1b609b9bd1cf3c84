import { expect, test } from 'vitest';
import { Problem } from '../../api/problem';
import { es } from '../../i18n/es';
import { createWords } from '../../i18n/words';
import { fieldTexts } from './fieldErrors';

const refused = (field: string, reason: string) =>
  new Problem({
    type: 'about:blank',
    title: 'no',
    status: 400,
    code: 'invalid_request',
    errors: [{ field, reason }],
  });

test.each([
  ['email', 'is taken: sign in, or ask for a new password', es['field.email_taken']],
  ['email', 'is not an e-mail address', es['field.email_wrong']],
  ['name', 'must be one line of at most 200 characters', es['field.name_wrong']],
  ['password', 'must have at least 8 characters', es['field.password_hint']],
  ['password', 'must have at most 1024 bytes', es['field.password_long']],
  ['email', 'is new to us', 'is new to us'],
])('%s %s is said in the reader’s language', (field, reason, text) => {
  expect(fieldTexts(refused(field, reason), createWords('es', es, 'UTC'))).toEqual({ [field]: text });
});
