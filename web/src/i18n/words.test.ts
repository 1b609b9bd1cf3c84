import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { en } from './en';
import { es } from './es';
import { createWords, decimals } from './words';

const english = createWords('en', en, 'UTC');
const spanish = createWords('es', es, 'UTC');

test('money comes from minor units, without decimals that say nothing', () => {
  expect(english.money(5400, 'usd')).toBe('$54');
  expect(english.money(350, 'usd')).toBe('$3.50');
  expect(english.money(123_456_789, 'usd')).toBe('$1,234,567.89');
  expect(english.money(0, 'usd')).toBe('$0');
  expect(english.exactMoney(5400, 'usd')).toBe('$54.00');
  expect(english.exactMoney(500, 'jpy')).toBe('¥500');
  expect(english.money(500, 'jpy')).toBe('¥500');
  expect(english.money(1234, 'eur')).toBe('€12.34');
  expect(spanish.money(5450, 'eur').replace(/\s/g, ' ')).toBe('54,50 €');
});

test('minor units are Stripe’s, whatever the currency has elsewhere', () => {
  const plain = (text: string) => text.replace(/[^\d.,]/g, '');
  expect(plain(english.exactMoney(540_000, 'huf'))).toBe('5,400.00');
  expect(plain(english.exactMoney(540_000, 'isk'))).toBe('5,400.00');
  expect(plain(english.money(540_000, 'ugx'))).toBe('5,400');
  expect(plain(english.exactMoney(5400, 'mga'))).toBe('5,400');
  expect(plain(english.exactMoney(5400, 'kwd'))).toBe('5.400');
});

test('the server counts minor units alike', () => {
  const rust = readFileSync(join(import.meta.dirname, '../../../crates/domain/src/money.rs'), 'utf8');
  const body = rust.match(/fn decimals[\s\S]*?\n {4}}/)?.[0] ?? '';
  const arms = [...body.matchAll(/((?:b"\w{3}"[\s|]*)+)=> (\d)/g)];
  const told = arms.flatMap(([, codes = '', digits]) =>
    [...codes.matchAll(/\w{3}/g)].map(([code]) => [code, Number(digits)]),
  );
  expect(told).toHaveLength(20);
  expect(told.map(([code]) => [code, decimals(String(code))])).toEqual(told);
});

test('what stands below each other has decimals together', () => {
  expect([5400, 350].map(english.column([5400, 350], 'usd'))).toEqual(['$54.00', '$3.50']);
  expect([5400, -300].map(english.column([5400, -300], 'usd'))).toEqual(['$54', '−$3']);
});

test('what is less than nothing has a true minus sign', () => {
  expect(english.money(-1800, 'usd')).toBe('−$18');
  expect(english.signed(-3120)).toBe('−3,120');
  expect(english.percent(-0.1)).toBe('−10%');
});

test('numbers are grouped, and short where there is little room', () => {
  expect(english.number(1_234_567)).toBe('1,234,567');
  expect(english.compact(12_400)).toBe('12.4K');
  expect(english.signed(100_000)).toBe('+100,000');
});

test('dates name their month: nobody has to guess', () => {
  expect(english.date('2026-11-27T10:00:00Z')).toBe('Nov 27, 2026');
  expect(spanish.date('2026-11-27T10:00:00Z')).toBe('27 nov 2026');
  expect(english.day('2026-11-02')).toBe('Nov 2');
  expect(english.plainDate('2026-12-03')).toBe('Dec 3, 2026');
});

test('a plain date is the same day wherever the reader is', () => {
  const far = createWords('en', en, 'Pacific/Kiritimati');
  expect(far.plainDate('2026-12-03')).toBe('Dec 3, 2026');
});

test('forms follow the number', () => {
  expect(english.plural('usage.today', 1)).toBe('1 AI request today');
  expect(english.plural('usage.today', 1200)).toBe('1,200 AI requests today');
  expect(spanish.plural('usage.today', 1)).toBe('1 solicitud de IA hoy');
});
