// Writes src/schema.ts: the types of those parts of openapi.json that this package uses. With --check it only compares.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'src/schema.ts');
const PATHS = [
  '/api/v1/billing/entitlements/',
  '/api/v1/billing/tokens/balance/',
  '/api/v1/billing/usage/',
  '/api/v1/billing/usage/consume/',
  '/api/v1/billing/holds/',
  '/api/v1/billing/holds/{id}/capture/',
  '/api/v1/billing/holds/{id}/void/',
];

const document = JSON.parse(readFileSync(join(root, '../../openapi.json'), 'utf8'));
const missing = PATHS.filter((path) => !document.paths[path]);
if (missing.length) throw new Error(`openapi.json has no ${missing.join(', ')}`);

// Of the schemas those that the paths lead to.
const schemas = new Map();
function follow(value) {
  if (typeof value !== 'object' || value === null) return;
  const name = /^#\/components\/schemas\/(.+)$/.exec(value.$ref ?? '')?.[1];
  if (name && !schemas.has(name)) {
    schemas.set(name, document.components.schemas[name]);
    follow(document.components.schemas[name]);
  }
  for (const part of Object.values(value)) follow(part);
}
// Every error has the same body, which the document repeats for each; `Problem` is it by name.
const paths = Object.fromEntries(
  PATHS.map((path) => [path, JSON.parse(JSON.stringify(document.paths[path]))]),
);
for (const operations of Object.values(paths))
  for (const operation of Object.values(operations))
    for (const status of Object.keys(operation.responses))
      if (Number(status) >= 400) delete operation.responses[status];
follow(paths);
follow({ $ref: '#/components/schemas/Problem' });

const folder = mkdtempSync(join(tmpdir(), 'allthrive-schema-'));
const used = join(folder, 'used.json');
writeFileSync(
  used,
  JSON.stringify({ ...document, paths, components: { schemas: Object.fromEntries([...schemas].sort()) } }),
);
const made = execFileSync(join(root, 'node_modules/.bin/openapi-typescript'), [used], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
rmSync(folder, { recursive: true });

if (process.argv[2] !== '--check') writeFileSync(target, made);
else if (readFileSync(target, 'utf8') !== made) {
  console.error('src/schema.ts is not what openapi.json says. Run: make openapi');
  process.exit(1);
}
