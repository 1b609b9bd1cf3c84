// How much JavaScript /pricing loads before anything is clicked: at most 160 kB, as gzip makes it.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const BUDGET = 160_000;
const dist = join(import.meta.dirname, '../dist');
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'));

const needed = new Set();
function need(name) {
  const chunk = manifest[name];
  if (!chunk) throw new Error(`${name} is not among what was built`);
  if (needed.has(chunk.file)) return;
  needed.add(chunk.file);
  for (const imported of chunk.imports ?? []) need(imported);
}
need('index.html');
need('src/app/PricingRoute.tsx');

let total = 0;
for (const file of needed) {
  const size = statSync(join(dist, `${file}.gz`)).size;
  total += size;
  console.log(`${String(size).padStart(8)}  ${file}`);
}
console.log(`${String(total).padStart(8)}  of ${BUDGET} bytes of JavaScript for /pricing`);
if (total > BUDGET) process.exit(1);
