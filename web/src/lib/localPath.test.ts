import { expect, test } from 'vitest';
import { localPath } from './localPath';

test('signing in leads to a page of ours and to no other site', () => {
  expect(localPath('/pricing?subscribe=pro-learn')).toBe('/pricing?subscribe=pro-learn');
  for (const elsewhere of [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    7,
    null,
  ]) {
    expect(localPath(elsewhere)).toBeUndefined();
  }
});
