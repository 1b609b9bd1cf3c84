// Installs the packed package in a bare application, type-checks the tests and the README's code there, and runs them. The
// server is BILLING_PROGRAM.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const host = mkdtempSync(join(tmpdir(), 'allthrive-client-host-'));
process.on('exit', () => rmSync(host, { recursive: true, force: true }));

const [packed] = JSON.parse(
  execFileSync('npm', ['pack', '--json', '--pack-destination', host], { cwd: root, encoding: 'utf8' }),
);
const strange = packed.files
  .map(({ path }) => path)
  .filter((path) => !/^(package\.json|README\.md|dist\/\w+(\.d)?\.[jt]s)$/.test(path));
if (strange.length) throw new Error(`the package holds ${strange.join(', ')}`);

writeFileSync(join(host, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
// It depends on nothing, so nothing is fetched.
execFileSync(
  'npm',
  ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error', join(host, packed.filename)],
  {
    cwd: host,
    stdio: 'inherit',
  },
);
symlinkSync(join(root, 'node_modules/@types'), join(host, 'node_modules/@types'));
symlinkSync(join(root, 'node_modules/undici-types'), join(host, 'node_modules/undici-types'));

const tests = join(host, 'tests');
cpSync(join(root, 'tests'), tests, { recursive: true });
cpSync(join(root, 'tsconfig.json'), join(host, 'tsconfig.json'));
writeFileSync(join(tests, 'readme.ts'), readme());
execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', tests], { cwd: host, stdio: 'inherit' });

const built = join(tests, 'built');
const files = readdirSync(built).filter((name) => name.endsWith('.test.js'));
const run = spawnSync(process.execPath, ['--test', '--test-reporter=spec', ...files], {
  cwd: built,
  stdio: 'inherit',
});
process.exitCode = run.status ?? 1;

/**
 * The code of the README as one module: what it imports; blocks that export something as they are; and every other one
 * as a function in `blocks`.
 */
function readme() {
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  const imports = new Set();
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) =>
    code.replace(/^import .*$\n/gm, (line) => {
      imports.add(line);
      return '';
    }),
  );
  const prelude = readFileSync(join(root, 'tests/readme.prelude.txt'), 'utf8');
  const parts = blocks.map((code) =>
    /^export /m.test(code) ? code : `blocks.push(async () => {\n${code}});\n`,
  );
  return [...imports, prelude, ...parts].join('\n');
}
