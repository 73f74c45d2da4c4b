/** Builds the service worker after the page: it has to know the files of the same build. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vite';
import { compressed } from './compressed.ts';

const DIST = join(import.meta.dirname, 'dist');
const AT_THE_ROOT = ['sw.js', 'manifest.webmanifest', 'index.html'];

const files = readdirSync(DIST, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(DIST.length + 1).replaceAll('\\', '/'))
  .filter((name) => !AT_THE_ROOT.includes(name) && !/\.(gz|br)$/.test(name))
  .sort();

const content = createHash('sha256');
for (const name of ['index.html', ...files]) content.update(name).update(readFileSync(join(DIST, name)));

const build = {
  name: content.digest('hex').slice(0, 12),
  files: ['/', ...files.map((name) => `/console/${name}`)],
};

export default defineConfig({
  define: { __BUILD__: JSON.stringify(build) },
  plugins: [compressed(DIST)],
  publicDir: false,
  build: {
    target: 'es2022',
    emptyOutDir: false,
    lib: { entry: 'src/worker/sw.ts', formats: ['iife'], name: 'worker', fileName: () => 'sw.js' },
  },
});
