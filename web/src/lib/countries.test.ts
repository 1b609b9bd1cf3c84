import { expect, test } from 'vitest';
import { countries } from './countries';

test('countries are named in the language of the reader, and in its order', () => {
  const [en, es] = [countries('en'), countries('es')];
  expect(en.find(({ code }) => code === 'DE')?.name).toBe('Germany');
  expect(es.find(({ code }) => code === 'DE')?.name).toBe('Alemania');
  expect(en.length).toBeGreaterThan(240);
  const names = en.map(({ name }) => name);
  expect(names).toEqual(names.toSorted((a, b) => a.localeCompare(b, 'en')));
});

test('what is no country, or none any more, is not among them', () => {
  const codes = countries('en').map(({ code }) => code);
  for (const none of ['EU', 'UN', 'ZZ', 'DD', 'YU', 'SU', 'AA']) expect(codes).not.toContain(none);
});
