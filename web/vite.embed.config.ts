import { readFileSync } from 'node:fs';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  dependencies: Record<string, string>;
};

/** A host's root may have any size of text: what is ours is sixteen pixels, where it says `rem`. */
const pixels: Plugin = {
  name: 'pixels',
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== 'asset' || !file.fileName.endsWith('.css')) continue;
      const css = String(file.source);
      // In a value, and not in the name of a class such as `.gap-\\[2\\.5rem\\]`.
      const sizes = /(?<![\w.\\])(\d*\.?\d+)rem\b(?!\\)/g;
      file.source = css.replace(sizes, (_, size: string) => `${Number(size) * 16}px`);
    }
  },
};

/** The pieces as an npm package; scripts/package.mjs adds what else belongs to one. */
export default defineConfig({
  plugins: [react(), tailwindcss(), pixels],
  publicDir: false,
  build: {
    target: 'es2022',
    outDir: 'embed-dist',
    // The host's bundler does that, with what it knows.
    minify: false,
    cssCodeSplit: true,
    lib: { entry: { index: 'src/embed/index.ts', style: 'src/embed/style.css' }, formats: ['es'] },
    rolldownOptions: {
      external: Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`)),
      output: {
        // For frameworks that render on a server: this is for the browser.
        banner: '"use client";',
        chunkFileNames: 'chunks/[name].js',
      },
    },
  },
});
