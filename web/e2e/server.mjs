// The real server with its sandbox, in a folder of its own, which goes with it.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

// `log` is a file for what it says.
export async function startServer(binary, log, settings = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'allthrive-web-'));
  const [port, sandboxPort] = [await freePort(), await freePort()];
  const env = {
    PATH: process.env.PATH,
    BILLING_LISTEN: `127.0.0.1:${port}`,
    SANDBOX_LISTEN: `127.0.0.1:${sandboxPort}`,
    DATABASE_URL: `sqlite:${join(folder, 'billing.db')}`,
    ...settings,
  };
  const child = spawn(binary, ['serve'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', openSync(log, 'w')],
  });
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  const stop = () => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', stop);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  const base = `http://127.0.0.1:${port}`;
  const sandbox = `http://127.0.0.1:${sandboxPort}`;
  const end = Date.now() + 30_000;
  const stripe = settings.STRIPE_API_BASE ?? sandbox;
  while (!(await isSeeded(base, stripe, settings.STRIPE_SECRET_KEY ?? 'sk_test_sandbox'))) {
    if (ended || Date.now() > end) throw new Error('the server does not start');
    await new Promise((later) => setTimeout(later, 100));
  }
  // As an operator would, on the same machine.
  const operate = (...words) => execFileSync(binary, words, { cwd: folder, env, encoding: 'utf8' }).trim();
  return { base, sandbox, port, sandboxPort, stop, operate };
}

// It is up, and has written the catalog to Stripe.
async function isSeeded(base, stripe, key) {
  try {
    if (!(await fetch(`${base}/healthz`)).ok) return false;
    const headers = { authorization: `Bearer ${key}` };
    const prices = await (await fetch(`${stripe}/v1/prices?limit=100`, { headers })).json();
    return prices.data?.length >= 9;
  } catch {
    return false;
  }
}
