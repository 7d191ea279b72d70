/** @file What the `acanet data` commands check about the files and numbers that they are given. */
import { existsSync, realpathSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { UserError } from '../errors.js';

const real = (path: string) => (existsSync(path) ? realpathSync(path) : resolve(path));

/** Throws UserError where a file to write is the one that is read: a mistake would then cost the only copy. */
export function refuseSameFile(input: string, outputs: readonly (string | undefined)[]): void {
  for (const output of outputs) {
    if (output === undefined || input === '-' || real(output) !== real(input)) continue;
    throw new UserError(`${output}: is also what is read; write to another file`);
  }
}

/**
 * Throws UserError where a file to write is there already and lies in the folder that is read, as it may be what is
 * read; a manifest from an earlier time is not.
 */
export async function refuseInputsBelow(source: string, outputs: readonly (string | undefined)[]): Promise<void> {
  const folder = `${real(source)}${sep}`;
  for (const output of outputs) {
    if (output === undefined || !existsSync(output) || !real(output).startsWith(folder)) continue;
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
    const twin = named.slice(index + 1).find((other) => real(other) === real(output));
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
