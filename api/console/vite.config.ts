import { env } from 'node:process';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const carewatch = env.CAREWATCH_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/console/',
  plugins: [svelte()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // the content policy knows no data: addresses
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // Few files compress better than many, and come sooner: all that the first page needs,
        // what draws lines (once there is one), what several screens share, the small parts of
        // the settings, and each screen.
        codeSplitting: {
          groups: [
            { name: 'start', tags: ['$initial'] },
            { name: 'chart', test: /uplot|src.components.chart\.ts/ },
            { name: 'shared', test: /src/, minShareCount: 2 },
            { name: 'settings', test: /settings.(Accounts|Audit|Duties|Look|Reach|Residents|Silences|Teams)/ },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': carewatch } },
  test: { include: ['src/**/*.test.ts'] },
});
