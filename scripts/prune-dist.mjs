/**
 * @file Removes from dist/ what was compiled from sources that have been moved or deleted: no test of the past is run.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';

if (existsSync('dist')) {
  for (const file of readdirSync('dist', { recursive: true })) {
    const [, source] = /^(.*)\.js(\.map)?$/.exec(file) ?? [];
    if (source !== undefined && !['.ts', '.d.ts'].some((ending) => existsSync(source + ending))) rmSync(`dist/${file}`);
  }
}
