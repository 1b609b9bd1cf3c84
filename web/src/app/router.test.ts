import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');

test('the server knows the path of every page, and of nothing else', () => {
  const ours = [...read('router.tsx').matchAll(/^ {2}path: '([^']+)'/gm)].map(([, path]) => path);
  const list = read('../../../crates/server/src/routes/web.rs').match(/const PAGES[^;]*;/)?.[0] ?? '';
  const served = [...list.matchAll(/"([^"]+)"/g)].map(([, path]) => path);
  expect(served.sort()).toEqual(ours.sort());
});
