// A running server of billing in sandbox mode, its members, and a proxy before it that loses answers.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PROGRAM = process.env.BILLING_PROGRAM ?? '';
const ISSUER = 'https://host.example';
/** Of catalog.toml: two tiers by three periods, and three packages. */
const PRICES = 9;
const SECRET = 'a secret of the host that is only for tests';

/** Below 32768, where no system takes the ports of outgoing connections from. */
export async function freePort(): Promise<number> {
  for (let i = 0; i < 100; i += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const probe = createTcpServer();
    const free = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
  throw new Error('no free port');
}

export class Server {
  readonly #folder = mkdtempSync(join(tmpdir(), 'allthrive-client-server-'));
  readonly #database = `sqlite:${this.#folder}/data/billing.db`;
  #process: ChildProcess | null = null;
  #sandbox = '';
  url = '';

  async start(): Promise<this> {
    assert.ok(PROGRAM, 'BILLING_PROGRAM must be the path of allthrive-billing');
    const listen = `127.0.0.1:${await freePort()}`;
    this.#sandbox = `127.0.0.1:${await freePort()}`;
    this.url = `http://${listen}`;
    const flags = {
      'billing-listen': listen,
      'sandbox-listen': this.#sandbox,
      'database-url': this.#database,
      'jwt-secret': SECRET,
      'jwt-issuer': ISSUER,
    };
    const args = ['serve', ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])];
    const server = spawn(PROGRAM, args, {
      env: { RUST_LOG: 'error', PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#process = server;
    const deadline = Date.now() + 60_000;
    for (;;) {
      const ready = await this.#sells().catch(() => false);
      if (ready) return this;
      if (server.exitCode !== null || Date.now() > deadline) throw new Error('the server does not start');
      await sleep(50);
    }
  }

  /** The catalog is written to the sandbox right after the start. */
  async #sells(): Promise<boolean> {
    if (!(await fetch(`${this.url}/healthz`)).ok) return false;
    const headers = { Authorization: 'Bearer sk_test_sandbox' };
    const answer = await fetch(`http://${this.#sandbox}/v1/prices?limit=100`, { headers });
    const prices: { data?: unknown[] } = await answer.json();
    return (prices.data?.length ?? 0) >= PRICES;
  }

  async stop(): Promise<void> {
    if (this.#process?.kill('SIGTERM')) await once(this.#process, 'exit');
    rmSync(this.#folder, { recursive: true });
  }

  keys(...args: string[]): string {
    const all = ['keys', ...args, '--database-url', this.#database];
    return execFileSync(PROGRAM, all, { encoding: 'utf8', stdio: 'pipe' });
  }

  /** For the subjects of `ISSUER`. */
  newKey(scopes = 'usage'): string {
    const printed = this.keys('create', 'backend', '--issuer', ISSUER, '--scopes', scopes);
    const key = /atb_\S+/.exec(printed)?.[0];
    assert.ok(key, printed);
    return key;
  }

  /** Until the server knows of it, which believes a key for a second. */
  async revokeNewest(key: string): Promise<void> {
    const id = /key_\w+/.exec(this.keys('list'))?.[0];
    assert.ok(id);
    this.keys('revoke', id);
    const headers = { Authorization: `Bearer ${key}`, 'On-Behalf-Of': 'nobody' };
    const deadline = Date.now() + 30_000;
    while ((await fetch(`${this.url}/api/v1/billing/entitlements/`, { headers })).status !== 401) {
      assert.ok(Date.now() < deadline, 'the key still works');
      await sleep(50);
    }
  }

  /** The business clock of the sandbox and of the server, by seconds. */
  async advance(seconds: number): Promise<void> {
    const answer = await fetch(`http://${this.#sandbox}/_sandbox/clock/advance`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ seconds }),
    });
    assert.ok(answer.ok);
  }

  /** 100,000 of them. */
  async buyTokens(subject: string): Promise<void> {
    await this.#post(subject, 'tokens/purchase/', {
      package_slug: 'starter',
      payment_method_id: 'pm_card_visa',
    });
  }

  async subscribe(subject: string, tier: string): Promise<void> {
    const body = { tier_slug: tier, billing_period: 'monthly', payment_method_id: 'pm_card_visa' };
    await this.#post(subject, 'subscribe/', body);
  }

  async #post(subject: string, path: string, body: object): Promise<void> {
    const answer = await fetch(`${this.url}/api/v1/billing/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${tokenOf(subject)}` },
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 201, await answer.text());
  }
}

/** As the host application issues it to a member; for so many seconds. */
export function tokenOf(subject: string, lives = 3600): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: ISSUER,
    sub: subject,
    email: `${subject}@members.example`,
    iat: now,
    exp: now + lives,
  };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

let members = 0;
/** Somebody whom billing has never heard of: in the Free tier, without tokens. */
export function newSubject(): string {
  members += 1;
  return `member-${members}`;
}

/**
 * `before`: lost on the way there. `after`: done, and the answer is lost. `stall`: no answer. A number: answered with this
 * status by the proxy itself.
 */
export type Fault = 'before' | 'after' | 'stall' | number;

/** Stands before the server. `faults` says what becomes of the next requests; without one they pass. */
export class FlakyProxy {
  faults: Fault[] = [];
  retryAfter: string | null = null;
  body = '<h1>not billing</h1>';
  /** Gives answers an ETag, and 304 to who has them. */
  etags = false;
  readonly seen: { path: string; key: string | null; etag: string | null }[] = [];
  readonly #server: HttpServer = createServer((request, response) => this.#passOn(request, response));
  url = '';

  constructor(readonly target: string) {}

  async start(): Promise<this> {
    const port = await freePort();
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${port}`;
    return this;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** The Idempotency-Keys of the requests to a path. */
  keysOf(path: string): (string | null)[] {
    return this.seen.filter((seen) => seen.path.endsWith(path)).map(({ key }) => key);
  }

  async #passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const header = (name: string) => {
      const value = request.headers[name];
      return typeof value === 'string' ? value : null;
    };
    const path = request.url ?? '';
    const etag = header('if-none-match');
    this.seen.push({ path, key: header('idempotency-key'), etag });
    const fault = this.faults.shift();
    if (fault === 'stall') return;
    if (fault === 'before') {
      response.destroy();
      return;
    }
    if (typeof fault === 'number') {
      const headers = this.retryAfter === null ? {} : { 'Retry-After': this.retryAfter };
      response.writeHead(fault, { 'Content-Type': 'text/html', ...headers }).end(this.body);
      return;
    }
    const names = ['authorization', 'on-behalf-of', 'content-type', 'idempotency-key'];
    const headers = names.flatMap((name): [string, string][] => {
      const value = header(name);
      return value === null ? [] : [[name, value]];
    });
    const answer = await fetch(this.target + path, {
      method: request.method ?? 'GET',
      headers,
      ...(chunks.length ? { body: Buffer.concat(chunks) } : {}),
    });
    const body = await answer.text();
    if (fault === 'after') {
      response.destroy();
      return;
    }
    const own = this.etags ? `"${createHmac('sha256', '').update(body).digest('hex')}"` : null;
    if (own !== null && own === etag) {
      response.writeHead(304, { ETag: own }).end();
      return;
    }
    response.statusCode = answer.status;
    for (const name of ['content-type', 'retry-after', 'idempotent-replayed']) {
      const value = answer.headers.get(name);
      if (value !== null) response.setHeader(name, value);
    }
    if (own !== null) response.setHeader('ETag', own);
    response.end(body);
  }
}
