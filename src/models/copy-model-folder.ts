/** @file A model folder taken elsewhere: every file but the records of the recipe's stages, which are hidden. */
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UserError } from '../errors.js';
import { refuseStageFolder } from '../storage/overwriting.js';
import { guardWriting, replaceDirectory } from '../storage/atomic-write.js';

/** @throws UserError where something else than a model folder lies at the place for a copy, and would be lost */
export function refuseForeignFolder(out: string): void {
  refuseStageFolder(out);
  if (!existsSync(out) || existsSync(join(out, 'model.json'))) return;
  guardWriting(out, () => {
    if (readdirSync(out).length > 0) {
      throw new UserError(`${out}: is there, and is no model folder\n  name another --out, or remove it`);
    }
  });
}

/** Copies a model folder, whole or not at all. @throws UserError as `refuseForeignFolder` */
export async function copyModelFolder(from: string, out: string): Promise<void> {
  refuseForeignFolder(out);
  const shown = (path: string) => path === from || !basename(path).startsWith('.');
  await replaceDirectory(out, (aside) => {
    guardWriting(out, () => cpSync(from, aside, { recursive: true, filter: shown }));
  });
}
