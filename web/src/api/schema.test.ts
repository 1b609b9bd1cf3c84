import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const web = join(import.meta.dirname, '../..');

test('the types of the API are those of openapi.json (else: npm run schema)', () => {
  const made = execFileSync('npx', ['openapi-typescript', '../openapi.json'], { cwd: web, encoding: 'utf8' });
  expect(readFileSync(join(web, 'src/api/schema.d.ts'), 'utf8').trim()).toBe(made.trim());
}, 60_000);
