/** @file The page of a model as a folder, for any web server. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../../errors.js';
import { guardWriting, replaceDirectory } from '../../storage/atomic-write.js';
import { makeFolder } from '../../storage/make-folder.js';
import { buildPage } from './build-page.js';

export interface WrittenPage {
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
}

/** @throws UserError as `buildPage`, and where something else than an earlier page lies in the folder */
export async function writePage(modelDir: string, folder: string): Promise<WrittenPage> {
  const files = await buildPage(modelDir);
  if (existsSync(folder)) {
    const own = new Set([...files.keys(), 'cohort.bin'].map((name) => name.split('/')[0]));
    const there = guardWriting(folder, () => readdirSync(folder));
    if (there.length > 0 && !(there.includes('page.json') && there.every((name) => own.has(name)))) {
      const what = there.includes('page.json') ? 'has more than a page of a model' : 'is no page of a model';
      throw new UserError(`${folder}: is there, and ${what}\n  name another folder, or remove it`);
    }
  }
  await replaceDirectory(folder, (aside) => {
    for (const [name, content] of files) {
      const path = join(aside, name);
      guardWriting(path, () => {
        makeFolder(dirname(path));
        writeFileSync(path, content);
      });
    }
  });
  const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  return { folder, files: files.size, bytes };
}
