import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// `vite` serves the pages with changes as they are typed, and asks a running server for everything else.
const server = process.env.BILLING_URL ?? 'http://127.0.0.1:8000';

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: {
    target: 'es2022',
    // Read by scripts/budget.mjs.
    manifest: true,
    // A font in a style sheet would be no file of its own, which Stripe's frame has to load too.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/api': server, '/mailbox': server } },
  test: { include: ['src/**/*.test.{ts,tsx}'] },
});
