// Beside what Vite and TypeScript have made in embed-dist: everything else that belongs to an npm package. Prints the
// path of the tarball.
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const web = join(import.meta.dirname, '..');
const dist = join(web, 'embed-dist');
const pages = JSON.parse(readFileSync(join(web, 'package.json'), 'utf8'));

// The program's own: they go together.
const cargo = readFileSync(join(web, '../Cargo.toml'), 'utf8');
function told(name) {
  const value = new RegExp(`^\\[workspace\\.package\\][^[]*?^${name} = "(.+?)"`, 'ms').exec(cargo)?.[1];
  if (!value) throw new Error(`Cargo.toml tells no ${name}`);
  return value;
}

const built = readdirSync(dist, { recursive: true }).filter((name) => name.endsWith('.js'));
const code = built.map((name) => readFileSync(join(dist, name), 'utf8')).join('\n');
const imported = Object.keys(pages.dependencies).filter((name) => code.includes(`from "${name}`));
const isPeer = (name) => name === 'react' || name === 'react-dom';

// Types name their neighbours as a resolver wants them that goes by Node's rules; those that nothing leads to are left out.
const needed = new Set();
function keep(file) {
  if (needed.has(file)) return;
  needed.add(file);
  const text = readFileSync(file, 'utf8').replace(
    /((?:from|import\()\s*['"])(\.{1,2}\/[^'"]+)(['"])/g,
    (_, start, path, end) => {
      const target = path.replace(/\.js$/, '');
      keep(resolve(dirname(file), `${target}.d.ts`));
      return `${start}${target}.js${end}`;
    },
  );
  writeFileSync(file, text);
}
copyFileSync(join(web, 'src/api/schema.d.ts'), join(dist, 'types/api/schema.d.ts'));
keep(join(dist, 'types/embed/index.d.ts'));
for (const name of readdirSync(join(dist, 'types'), { recursive: true })) {
  const file = join(dist, 'types', name);
  if (file.endsWith('.d.ts') && !needed.has(file)) rmSync(file);
}

// The font is a style sheet of its own: a host may have another.
const font = join(web, 'node_modules/@fontsource-variable/hanken-grotesk');
copyFileSync(join(font, 'wght.css'), join(dist, 'font.css'));
copyFileSync(join(font, 'LICENSE'), join(dist, 'FONT-LICENSE'));
mkdirSync(join(dist, 'files'));
for (const name of readdirSync(join(font, 'files')).filter((name) => name.endsWith('-wght-normal.woff2')))
  copyFileSync(join(font, 'files', name), join(dist, 'files', name));

cpSync(join(web, 'src/embed/README.md'), join(dist, 'README.md'));
cpSync(join(web, '../LICENSE'), join(dist, 'LICENSE'));
const manifest = {
  name: '@allthrive/billing-react',
  version: told('version'),
  description: 'Plans, subscriptions and AI tokens of AllThrive Billing, as React components',
  license: told('license'),
  type: 'module',
  sideEffects: ['*.css'],
  exports: {
    '.': { types: './types/embed/index.d.ts', default: './index.js' },
    './style.css': './style.css',
    './font.css': './font.css',
    './package.json': './package.json',
  },
  types: './types/embed/index.d.ts',
  peerDependencies: { react: '^19.0.0', 'react-dom': '^19.0.0' },
  dependencies: Object.fromEntries(
    imported.filter((name) => !isPeer(name)).map((name) => [name, `^${pages.dependencies[name]}`]),
  ),
};
writeFileSync(join(dist, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
const [packed] = JSON.parse(execFileSync('npm', ['pack', '--json'], { cwd: dist, encoding: 'utf8' }));
console.log(join(dist, packed.filename));
