import { expect, test } from 'vitest';
import { localPath } from './localPath';

const here = (value: unknown) => localPath(value, 'https://billing.example');

test('signing in leads to a page of ours and to no other site', () => {
  expect(here('/pricing?subscribe=pro-learn')).toBe('/pricing?subscribe=pro-learn');
  for (const elsewhere of [
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '\t//evil.example',
    '/a\\..\\b',
    '//[',
    'https://evil.example',
    'javascript:alert(1)',
    7,
    null,
  ]) {
    expect(here(elsewhere)).toBeUndefined();
  }
});
