// Tells the stories in Chromium: run.mjs BINARY PICTURES [part of a name ...]. Exits 1 if any of them fails.
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { launch } from './browser.mjs';
import { Scene } from './scene.mjs';
import { startServer } from './server.mjs';
import { STORIES } from './stories.mjs';

const [binary, pictures, ...only] = process.argv.slice(2);
mkdirSync(pictures, { recursive: true });
const axe = createRequire(import.meta.url).resolve('axe-core');

const began = Date.now();
const log = `${pictures}/server.log`;
const server = await startServer(binary, log);
const failures = [];
let told = 0;
let browser;
try {
  browser = await launch();
  for (const [name, story] of Object.entries(STORIES)) {
    if (only.length > 0 && !only.some((part) => name.includes(part))) continue;
    const start = Date.now();
    const scene = new Scene({ browser, binary, pictures, axe, ...server });
    told += 1;
    try {
      await story(scene);
      await scene.end();
      console.log(`ok      ${name} (${Date.now() - start} ms)`);
    } catch (error) {
      failures.push(name);
      const path = `${pictures}/failed-${name.replace(/\W+/g, '-')}.png`;
      await scene.page?.screenshot({ path }).catch(() => {});
      console.log(`FAILED  ${name}\n${error.stack}`);
      for (const complaint of scene.complaints) console.log(`        console: ${complaint}`);
    } finally {
      await scene.close();
    }
  }
} finally {
  await browser?.close();
  server.stop();
}
const seconds = ((Date.now() - began) / 1000).toFixed(0);
console.log(`${told - failures.length} of ${told} stories hold (${seconds} s); pictures are in ${pictures}`);
process.exit(failures.length || !told ? 1 : 0);
