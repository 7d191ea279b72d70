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
  if (existsSync(folder) && !existsSync(join(folder, 'page.json'))) {
    const others = guardWriting(folder, () => readdirSync(folder));
    if (others.length > 0) {
      throw new UserError(`${folder}: is there, and is no page of a model\n  name another folder, or remove it`);
    }
  }
  const files = await buildPage(modelDir);
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
