import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { en, type Key } from './en';
import { es } from './es';

const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();

test('every catalogue has every text', () => {
  expect(Object.keys(es).sort()).toEqual(Object.keys(en).sort());
});

test('a text fills in the same in every language', () => {
  for (const key of Object.keys(en) as Key[])
    expect(placeholders(es[key]), key).toEqual(placeholders(en[key]));
});

test('no text is empty, and few are the same in both languages', () => {
  const same = (Object.keys(en) as Key[]).filter((key) => en[key] === es[key]);
  expect(Object.values({ ...en, ...es }).every((text) => text.trim() !== '')).toBe(true);
  expect(same.every((key) => /^[{}\w /×]+$/.test(en[key]) && en[key].length < 30)).toBe(true);
});

test('no text is left over', () => {
  const src = join(import.meta.dirname, '..');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.tsx?$/.test(name) && !/i18n\/(en|es)\.ts$|schema\.d\.ts$|\.test\./.test(name),
  );
  const code = files.map((name) => readFileSync(join(src, name), 'utf8')).join('\n');
  // What is put together, as in t(`period.${period}`), counts by how it begins.
  const begins = [...code.matchAll(/`([a-z_]+(?:\.[a-z_]+)*\.)\$\{/g)].map(([, start]) => start ?? '');
  const unused = Object.keys(en).filter(
    (key) =>
      !code.includes(`'${key.replace(/\.(one|other)$/, '')}'`) &&
      !code.includes(`'${key}'`) &&
      !begins.some((start) => key.startsWith(start)),
  );
  expect(unused).toEqual([]);
});
