// Tells stories in Chromium, each on a scene of its own. Exits 1 if any of them fails.
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { launch } from './browser.mjs';
import { Scene } from './scene.mjs';

const axe = createRequire(import.meta.url).resolve('axe-core');

// `world` is what every scene has; `began` when the whole of it began.
export async function tell(stories, { pictures, ...world }, began = Date.now()) {
  mkdirSync(pictures, { recursive: true });
  const browser = await launch();
  const failures = [];
  try {
    for (const [name, story] of stories) {
      const start = Date.now();
      const scene = new Scene({ browser, pictures, axe, ...world });
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
    await browser.close();
  }
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  const told = `${stories.length - failures.length} of ${stories.length} stories hold`;
  console.log(`${told} (${seconds} s); pictures are in ${pictures}`);
  process.exit(failures.length || !stories.length ? 1 : 0);
}
