/** @file A model folder taken elsewhere: every file but the records of the recipe's stages, which are hidden. */
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { UserError } from '../errors.js';
import { firstOf } from '../problem-list.js';
import { realPath, refuseStageFolder } from '../storage/overwriting.js';
import { guardWriting, replaceDirectory } from '../storage/atomic-write.js';

/** What a model folder holds beside the files that its `model.json` names. */
const OWN = ['model.json', 'model.safetensors', 'model.onnx', 'scoring.json', 'training.ark', 'cohort.ark', 'utt2spk'];

/**
 * A folder that is replaced by a model folder may be an earlier one, with nothing else in it.
 * @param inputs what is read meanwhile
 * @throws UserError where anything would be lost
 */
export function refuseForeignFolder(out: string, inputs: readonly (string | undefined)[] = []): void {
  refuseStageFolder(out);
  if (!existsSync(out)) return;
  const inside = inputs.find((path) => path !== undefined && realPath(path).startsWith(realPath(out) + sep));
  if (inside !== undefined) {
    throw new UserError(`${inside}: lies in ${out}, which is replaced as a whole\n  name another folder with --out`);
  }
  const names = guardWriting(out, () => readdirSync(out)).filter((name) => !name.startsWith('.'));
  if (names.length === 0) return;
  const own = ownFiles(out);
  const foreign = own ? names.filter((name) => !own.includes(name)) : names;
  if (own && foreign.length === 0) return;
  throw new UserError(
    `${out}: is there, and ${own ? `holds ${firstOf(foreign)} beside a model` : 'is no model folder'}\n  name a new folder with --out, or remove it`,
  );
}

/** Files that a model folder may have; undefined for a folder that is none. */
function ownFiles(folder: string): string[] | undefined {
  try {
    const description: unknown = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
    const { model, files = {} } = description as { model?: { type?: unknown }; files?: Record<string, unknown> };
    return typeof model?.type === 'string' ? [...OWN, ...Object.keys(files)] : undefined;
  } catch {
    return undefined;
  }
}

/** Copies a model folder, whole or not at all. @throws UserError as `refuseForeignFolder` */
export async function copyModelFolder(from: string, out: string): Promise<void> {
  refuseForeignFolder(out);
  const shown = (path: string) => path === from || !basename(path).startsWith('.');
  await replaceDirectory(out, (aside) => {
    guardWriting(out, () => cpSync(from, aside, { recursive: true, filter: shown }));
  });
}
