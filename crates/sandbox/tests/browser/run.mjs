// Tells the stories in Chromium: run.mjs TOOLS SANDBOX_BINARY [part of a name]. Exits 1 if any of them fails.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openShop, owner } from './shop.mjs';
import { Scene } from './scene.mjs';
import { STORIES } from './stories.mjs';

const [tools, binary, only = ''] = process.argv.slice(2);
const require = createRequire(join(tools, 'node_modules/'));
const pictures = join(tools, 'pictures');
mkdirSync(pictures, { recursive: true });

// Below the range from which the system takes ports of its own.
async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await new Promise((answer) => {
      const probe = createServer();
      probe.once('error', () => answer(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => answer(true)));
    });
    if (free) return port;
  }
}

async function startSandbox(port) {
  const child = spawn(binary, ['--port', String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  // However this ends, the sandbox ends with it.
  process.once('exit', () => child.kill());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  await new Promise((ready, failed) => {
    child.stdout.once('data', ready);
    child.once('exit', (code) => failed(new Error(`the sandbox ended with ${code}`)));
  });
  return child;
}

const sandboxPort = await freePort();
const sandbox = await startSandbox(sandboxPort);
const base = `http://127.0.0.1:${sandboxPort}`;
const failures = [];
let told = 0;
let browser;
let shop;
try {
  shop = await openShop({ port: await freePort(), sandbox: base, tools, require });
  browser = await require('playwright-core').chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--no-proxy-server',
      // Nothing but this machine has a name.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE *.localhost',
    ],
  });
  const world = { browser, base, shop: shop.base, sandboxPort, stripe: owner(base), pictures, axe: require.resolve('axe-core') };
  for (const [name, story] of Object.entries(STORIES)) {
    if (!name.includes(only)) continue;
    const began = Date.now();
    const scene = new Scene(world);
    told += 1;
    try {
      await story(scene);
      await scene.end();
      console.log(`ok      ${name} (${Date.now() - began} ms)`);
    } catch (error) {
      failures.push(name);
      await scene.picture(`failed: ${name}`).catch(() => {});
      console.log(`FAILED  ${name}\n${error.stack}`);
      for (const complaint of scene.watch?.seen.complaints ?? []) console.log(`        console: ${complaint}`);
    } finally {
      await scene.close();
    }
  }
} finally {
  await browser?.close();
  shop?.close();
  sandbox.kill();
}
console.log(`${told - failures.length} of ${told} stories hold; pictures are in ${pictures}`);
process.exitCode = failures.length || !told ? 1 : 0;
