/**
 * @file Removes from dist/ what was compiled from sources that have been moved or deleted: no test of the past is run.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';

for (const folder of ['src', 'test', 'bench']) {
  for (const name of existsSync(`dist/${folder}`) ? readdirSync(`dist/${folder}`, { recursive: true }) : []) {
    const file = `${folder}/${name}`;
    const [, source] = /^(.*)\.js(\.map)?$/.exec(file) ?? [];
    if (source !== undefined && !['.ts', '.d.ts'].some((ending) => existsSync(source + ending))) rmSync(`dist/${file}`);
  }
}
