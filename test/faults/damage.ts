/**
 * @file Damage to every file of a finished work folder, and what becomes of it: for each file, each kind of damage and
 * each action that reads the file, the outcome must be the undamaged result (perhaps made again), or an error that
 * names it.
 *
 * `listCases` enumerates, `judge` does one case in a copy of the folder. What acts is given by the caller: functions in
 * this process with stand-ins for the training (quick), or the command line (true to life).
 */
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** What an action came to. */
export interface Acted {
  /** What it showed or made, as far as it must not change. */
  result?: string;
  /** All that it said. */
  said: string;
  /** The message of the error that ended it. */
  refusal?: string;
  /** It ended as a defect of acanet would: not with an error for the user. */
  defect?: boolean;
}

export interface Action {
  name: string;
  /** Whether it reads a file, named relative to the work folder. */
  reads(file: string): boolean;
  /** @param work the folder of work folders, a copy that may be changed */
  act(work: string): Promise<Acted>;
}

export interface DamageCase {
  file: string;
  damage: string;
  action: Action;
  spoil(path: string): void;
}

export type Verdict = 'same result' | 'made again' | 'refused' | 'silently wrong' | 'defect' | 'refused without a name';

export const ACCEPTABLE: readonly Verdict[] = ['same result', 'made again', 'refused'];

const flip = (at: (bytes: number) => number) => (path: string) => {
  const bytes = readFileSync(path);
  if (bytes.length > 0) bytes[Math.max(0, Math.min(bytes.length - 1, at(bytes.length)))] ^= 1;
  writeFileSync(path, bytes);
};

/** Kinds of damage that need nothing but the file. */
const ALONE: Readonly<Record<string, (path: string) => void>> = {
  'one bit at the start': flip(() => 0),
  'one bit in the middle': flip((bytes) => Math.floor(bytes / 2)),
  'one bit at the end': flip((bytes) => bytes - 2),
  'cut in the middle': (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  emptied: (path) => truncateSync(path, 0),
};

export interface DamageOptions {
  /** The finished work folder. */
  folder: string;
  /** A work folder of the same recipe with other results, whose files are the older ones. */
  older: string;
  actions: readonly Action[];
  /** Files that nothing reads, or that are the corpus. */
  leaveOut?: (file: string) => boolean;
}

/**
 * Each file × each damage × each action that reads it. Another run's file is that of the next folder beside its own.
 */
export function* listCases({ folder, older, actions, leaveOut = () => false }: DamageOptions): Generator<DamageCase> {
  for (const file of filesIn(folder)) {
    if (leaveOut(file)) continue;
    const other = otherRun(folder, file);
    const before = join(older, file);
    const swaps: [string, string | undefined][] = [
      ["another run's file", other],
      ['an older file', statSync(before, { throwIfNoEntry: false }) ? before : undefined],
    ];
    const damages = [
      ...Object.entries(ALONE),
      ...swaps.flatMap(([name, from]): [string, (path: string) => void][] =>
        from === undefined ? [] : [[name, (path) => cpSync(from, path)]],
      ),
    ];
    for (const action of actions.filter(({ reads }) => reads(file)))
      for (const [damage, spoil] of damages) yield { file, damage, action, spoil };
  }
}

/** Does one case. @param undamaged the action's outcome in the folder as it is */
export async function judge(
  { file, action, spoil }: DamageCase,
  folder: string,
  undamaged: Acted,
): Promise<{ verdict: Verdict; acted: Acted }> {
  const work = mkdtempSync(join(tmpdir(), 'acanet-damage-'));
  try {
    const copy = join(work, basename(folder));
    copyWorkFolder(folder, copy);
    spoil(join(copy, file));
    const acted = await action.act(work);
    return { verdict: verdictOf(acted, undamaged, file), acted };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Made audio is the corpus, which nobody changes: it is linked. */
export function copyWorkFolder(folder: string, copy: string): void {
  const audio = join(folder, 'audio');
  cpSync(folder, copy, { recursive: true, preserveTimestamps: true, filter: (path) => path !== audio });
  if (existsSync(audio)) symlinkSync(audio, join(copy, 'audio'));
}

function verdictOf(acted: Acted, undamaged: Acted, file: string): Verdict {
  if (acted.defect) return 'defect';
  if (acted.refusal !== undefined) {
    const named = acted.refusal.includes(basename(file)) || acted.refusal.includes(dirname(file));
    return named ? 'refused' : 'refused without a name';
  }
  if (acted.result !== undefined && acted.result !== undamaged.result) return 'silently wrong';
  return /damaged|not as it was written|is gone/.test(acted.said) ? 'made again' : 'same result';
}

function filesIn(folder: string, within = ''): string[] {
  return readdirSync(join(folder, within), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = within === '' ? entry.name : `${within}/${entry.name}`;
      return entry.isDirectory() ? filesIn(folder, file) : [file];
    });
}

/** The file of the same name of another system or another step. */
function otherRun(folder: string, file: string): string | undefined {
  const parts = file.split('/');
  for (let level = parts.length - 2; level >= 0; level--) {
    const beside = join(folder, ...parts.slice(0, level));
    const others = readdirSync(beside).filter((name) => name !== parts[level] && !name.startsWith('.'));
    const found = others
      .map((name) => join(beside, name, ...parts.slice(level + 1)))
      .find((path) => existsSync(path) && statSync(path).isFile());
    if (found !== undefined && !readFileSync(found).equals(readFileSync(join(folder, file)))) return found;
  }
  return undefined;
}
