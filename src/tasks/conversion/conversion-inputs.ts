/**
 * @file What `acanet audio convert` is to convert: audio files, folders, lists of paths (`.txt`, `.lst`, `.list`),
 * `wav.scp`, or a manifest (`.jsonl`). Each input gets an id, which names what is written: `<id>.wav`.
 *
 * The id of a file in a folder is its path there; of a listed file, its path below the folder that all listed ones
 * share; of a line of `wav.scp` and of a manifest, the id that stands there.
 */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { readManifest, type Utterance } from '../../corpus/manifest/manifest.js';
import { listAudioFiles } from '../../corpus/readers/audio-files.js';
import { UserError } from '../../errors.js';
import { throwProblems } from '../../problem-list.js';
import { readTextLines } from '../../storage/text-lines.js';

export interface ConversionInput {
  /** May hold slashes. */
  id: string;
  path: string;
  /** Of a manifest. Seconds; absent: the whole file. */
  offset?: number;
  duration?: number;
  channel?: number;
}

export interface ConversionInputs {
  inputs: ConversionInput[];
  /** The manifest that they are of, to be written again for what is made of it. */
  utterances?: Utterance[];
}

const LISTS = ['.txt', '.lst', '.list'];

/** All inputs, in the order given. @throws UserError where nothing is to be read, or two would be written to one file */
export async function listConversionInputs(paths: readonly string[]): Promise<ConversionInputs> {
  const manifest = paths.find((path) => kindOf(path) === '.jsonl');
  if (manifest !== undefined && paths.length > 1) {
    throw new UserError(`${manifest}: a manifest is converted by itself; give nothing else with it`);
  }
  const utterances = manifest === undefined ? undefined : readManifest(manifest);
  const inputs = utterances?.map(inputOf) ?? (await Promise.all(paths.map(listOne))).flat();
  if (inputs.length === 0) throw new UserError(`${paths.join(', ')}: there is no audio to convert`);
  refuseTwins(inputs, paths);
  return { inputs, ...(utterances && { utterances }) };
}

const kindOf = (path: string) => extname(path.replace(/\.gz$/, '')).toLowerCase();

function inputOf({ id, path, offset, duration, channel }: Utterance): ConversionInput {
  return { id, path, ...(offset !== undefined && { offset }), duration, ...(channel !== undefined && { channel }) };
}

async function listOne(path: string): Promise<ConversionInput[]> {
  if (!existsSync(path)) throw new UserError(`${path}: there is no such file or folder`);
  if (statSync(path).isDirectory()) {
    const { audio } = await listAudioFiles(path);
    return audio.map((file) => ({ id: withoutExtension(file), path: join(path, file) }));
  }
  if (kindOf(path) === '.scp') return listScp(path);
  if (LISTS.includes(kindOf(path))) return listPaths(path);
  return [{ id: basename(path, extname(path)), path }];
}

function listPaths(list: string): ConversionInput[] {
  const paths = [...readTextLines(list)].map(({ text }) => text.trim()).filter((text) => text !== '');
  const located = paths.map((path) => resolve(locate(path, list)));
  const shared = sharedFolder(located);
  return located.map((path) => ({ id: withoutExtension(relative(shared, path)).split(sep).join('/'), path }));
}

/** The deepest folder that all files lie below. */
function sharedFolder(paths: readonly string[]): string {
  let shared = dirname(paths[0] ?? '.');
  for (const path of paths)
    while (!path.startsWith(shared.endsWith(sep) ? shared : shared + sep)) shared = dirname(shared);
  return shared;
}

function listScp(list: string): ConversionInput[] {
  const problems: string[] = [];
  const inputs: ConversionInput[] = [];
  for (const { text, number } of readTextLines(list)) {
    if (text.trim() === '') continue;
    const [, id, path] = /^(\S+)\s+(.*\S)\s*$/.exec(text) ?? [];
    const problem =
      id === undefined
        ? `expected \`id path\`, got ${JSON.stringify(text)}`
        : path.endsWith('|')
          ? 'expected the path of an audio file, got a command'
          : /(^|\/)\.{1,2}(\/|$)/.test(id)
            ? `expected an id that is no relative path, got ${id}`
            : undefined;
    if (problem === undefined) inputs.push({ id, path: locate(path, list) });
    else problems.push(`line ${number}: ${problem}`);
  }
  throwProblems(problems, { where: list, what: 'lines cannot be used', one: 'line cannot be used' });
  return inputs;
}

/** As Kaldi, relative to the working folder; else beside the list. */
const locate = (path: string, list: string) =>
  isAbsolute(path) || existsSync(path) ? path : resolve(dirname(list), path);

const withoutExtension = (path: string) => path.slice(0, path.length - extname(path).length);

function refuseTwins(inputs: readonly ConversionInput[], paths: readonly string[]): void {
  const first = new Map<string, string>();
  const problems: string[] = [];
  for (const { id, path } of inputs) {
    const other = first.get(id);
    if (other === undefined) first.set(id, path);
    else problems.push(`${id}.wav: ${other} and ${path}`);
  }
  throwProblems(problems, {
    where: paths.join(', '),
    what: 'files would each be made of two',
    one: 'file would be made of two',
    remedy: 'Convert them in two steps, or name them in a wav.scp with ids of their own.',
  });
}
