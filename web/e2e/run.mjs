// Tells the stories of the pages: run.mjs BINARY PICTURES [part of a name ...].
import { mkdirSync, rmSync } from 'node:fs';
import { startServer } from './server.mjs';
import { STORIES } from './stories.mjs';
import { tell } from './tell.mjs';

const [binary, pictures, ...only] = process.argv.slice(2);
const began = Date.now();
// Of a whole telling all pictures are of the same time.
if (only.length === 0) rmSync(pictures, { recursive: true, force: true });
mkdirSync(pictures, { recursive: true });
const server = await startServer(binary, `${pictures}/server.log`);
const isMeant = ([name]) => only.length === 0 || only.some((part) => name.includes(part));
await tell(Object.entries(STORIES).filter(isMeant), { binary, pictures, ...server }, began);
