/** Compresses each file of the build beside it, once and well: the server sends what is there. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/** Pictures are compressed by themselves, and a few hundred bytes go in one packet anyway. */
const WORTH_IT = /\.(js|css|json|html)$/;

/** A step at the very end of a build, when all its files are in `folder`. */
export function compressed(folder: string): Plugin {
  return { name: 'compressed', apply: 'build', closeBundle: () => compress(folder) };
}

function compress(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !WORTH_IT.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const content = readFileSync(path);
    writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
    writeFileSync(`${path}.br`, brotliCompressSync(content)); // its finest level, unless told otherwise
  }
}
