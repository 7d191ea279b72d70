/** @file What the `acanet data` commands check about the files and numbers that they are given. */
import { existsSync } from 'node:fs';
import { sep } from 'node:path';
import { UserError } from '../errors.js';
import { realPath } from '../storage/overwriting.js';

/**
 * Throws UserError where a file to write is there already and lies in the folder that is read, as it may be what is
 * read; a manifest from an earlier time is not.
 */
export async function refuseInputsBelow(source: string, outputs: readonly (string | undefined)[]): Promise<void> {
  const folder = `${realPath(source)}${sep}`;
  for (const output of outputs) {
    if (output === undefined || !existsSync(output) || !realPath(output).startsWith(folder)) continue;
    if (await isManifest(output)) continue;
    throw new UserError(
      `${output}: is there already, in what is read; write to another file, or delete this one first`,
    );
  }
}

async function isManifest(path: string): Promise<boolean> {
  const { readManifestLines } = await import('../corpus/manifest/manifest-lines.js');
  try {
    const [first] = readManifestLines(path);
    return first?.utterance !== undefined;
  } catch {
    return false;
  }
}

/** Throws UserError where one file is to be written twice. */
export function refuseTwins(outputs: readonly (string | undefined)[]): void {
  const named = outputs.filter((output) => output !== undefined);
  named.forEach((output, index) => {
    const twin = named.slice(index + 1).find((other) => realPath(other) === realPath(output));
    if (twin !== undefined) throw new UserError(`${twin}: two things cannot be written to one file`);
  });
}

/** A share between 0 and 1, without them; per cent are understood (`20%`). Throws UserError naming the flag. */
export function shareOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const percent = /^\s*(.+?)\s*%\s*$/.exec(text);
  const value = percent ? Number(percent[1]) / 100 : Number(text.trim() === '' ? NaN : text);
  if (value > 0 && value < 1) return value;
  throw new UserError(`${flag}: expected a share between 0 and 1, got ${JSON.stringify(text)}`);
}
