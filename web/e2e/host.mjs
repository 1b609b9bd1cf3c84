// A bare Vite application with the package in it, made as anybody would: a folder, `npm install`, types, build. Served
// with the API behind the same origin.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';

const OURS = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'));
const pinned = (...names) =>
  Object.fromEntries(names.map((name) => [name, { ...OURS.dependencies, ...OURS.devDependencies }[name]]));

// The folder of what was built.
export function buildHost(tarball) {
  const folder = mkdtempSync(join(tmpdir(), 'allthrive-host-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const run = (command, ...args) =>
    execFileSync(command, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  cpSync(join(import.meta.dirname, 'host'), folder, { recursive: true });
  // The same page without the package, to compare with.
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  writeFileSync(join(folder, 'bare.html'), page.replace('main.tsx', 'bare.tsx'));
  const dependencies = pinned('react', 'react-dom');
  const devDependencies = pinned(
    '@types/react',
    '@types/react-dom',
    '@vitejs/plugin-react',
    'typescript',
    'vite',
  );
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'host', private: true, type: 'module', dependencies, devDependencies }),
  );
  run('npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', tarball);
  run('npx', 'tsc', '--noEmit');
  run('npx', 'vite', 'build', '--logLevel', 'warn');
  return folder;
}

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2' };

// `api` gives where the API is.
export async function serveHost(folder, api) {
  const dist = join(folder, 'dist');
  const server = createServer((asked, answer) => {
    const { pathname } = new URL(asked.url, 'http://host');
    if (pathname.startsWith('/api/')) {
      const { method, headers } = asked;
      const passed = request(api() + asked.url, { method, headers }, (given) => {
        answer.writeHead(given.statusCode, given.headers);
        given.pipe(answer);
      });
      passed.on('error', () => answer.writeHead(502).end());
      asked.pipe(passed);
      return;
    }
    const file = join(dist, pathname);
    const shown = extname(pathname) && existsSync(file) ? file : join(dist, 'index.html');
    // The card form is in a frame of another origin, and has the font too.
    const headers = { 'content-type': TYPES[extname(shown)], 'access-control-allow-origin': '*' };
    answer.writeHead(200, headers).end(readFileSync(shown));
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address();
  return { base: `http://127.0.0.1:${port}`, port };
}
