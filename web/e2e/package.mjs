// Installs the package in a bare application and tries it there: package.mjs BINARY PICTURES TARBALL.
import { mkdirSync } from 'node:fs';
import { buildHost, serveHost } from './host.mjs';
import { startServer } from './server.mjs';
import { PACKAGE_STORIES } from './stories/package.mjs';
import { tell } from './tell.mjs';

const [binary, pictures, tarball] = process.argv.slice(2);
const began = Date.now();
mkdirSync(pictures, { recursive: true });
const folder = buildHost(tarball);
const host = await serveHost(folder, () => server.base);
const server = await startServer(binary, `${pictures}/package-server.log`, { ALLOWED_ORIGINS: host.base });
const world = { binary, pictures, ...server, ...host, apart: server.base };
await tell(Object.entries(PACKAGE_STORIES), world, began);
