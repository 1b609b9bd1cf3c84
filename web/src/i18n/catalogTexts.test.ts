import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CATALOG_TEXTS } from './catalogTexts';
import { en } from './en';
import { createWords } from './words';

const catalog = readFileSync(join(import.meta.dirname, '../../../catalog.toml'), 'utf8');

/** Descriptions of tiers, names of features, and what is noted of them; names of tiers are names in every language. */
function texts(): string[] {
  const features = catalog.slice(catalog.indexOf('[[features]]'), catalog.indexOf('[[packages]]'));
  const quoted = (text: string, pattern: RegExp) =>
    [...text.matchAll(pattern)].map(([, found = '']) => found);
  const notes = quoted(features, /^notes = \{(.*)\}$/gm).flatMap((line) => quoted(line, /"([^"]+)"/g));
  return [
    ...quoted(catalog, /^description = "([^"]+)"$/gm),
    ...quoted(features, /^name = "([^"]+)"$/gm),
    ...notes,
  ];
}

test('another language says all that the catalog says, and nothing that it does not', () => {
  const said = new Set(texts());
  expect(said.size).toBeGreaterThan(20);
  for (const translated of Object.values(CATALOG_TEXTS)) {
    expect(Object.keys(translated).sort()).toEqual([...said].sort());
  }
});

test('an operator’s own words are shown as written', () => {
  const spanish = createWords('es', en);
  expect(spanish.said('Private projects')).toBe('Proyectos privados');
  expect(spanish.said('Acceso al taller')).toBe('Acceso al taller');
  expect(createWords('en', en).said('Private projects')).toBe('Private projects');
});
