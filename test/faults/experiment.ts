/**
 * @file A small experiment that the fault tests break: run as a process, put back to before one of its stages, and
 * compared with what an undisturbed run wrote.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const door = fileURLToPath(new URL('../../../bin/acanet.js', import.meta.url));

/** Stages in the order in which `acanet run` comes to them. */
export const STAGES = [
  'prep',
  'features',
  ...['train', 'average', 'embed', 'score', 'score-dev', 'calibrate'].map((kind) => `${kind}/small`),
  'cost/small',
  'compare',
  'report',
] as const;
export type StageName = (typeof STAGES)[number];

/** Dropout and Adam, so that a training that goes on must have kept its random numbers and moments. */
const RECIPE = `
extends: base
corpus: { type: synth, trainSpeakers: 6, testSpeakers: 5, utterancesPerSpeaker: 3, testUtterancesPerSpeaker: 3, duration: [1, 1.2] }
development: { speakers: 2 }
systems:
  small: &small
    model: { type: aca-net, latents: 8, embed: 16, blocks: 1, layers: 1, heads: 2, attentionMlp: 16, transformerMlp: 16,
      dropout: 0.1 }
  other: *small
model: small
baseline: other
training: { epochs: 3, batchSize: 4, cropFrames: 60, optimizer: { type: adam }, checkpoint: { everySteps: 2, keepLast: 9 } }
`;

/** Files that tell of times: `report` and `compare` do so as far as they tell what the stages before them took. */
const TIMES = /(^|\/)(\.done\.json|provenance\.json|speed\.json|cost\.json)$/;
const TIMES_OF_OTHERS = /(^|\/)(compare\.\w+|index\.html|cost\.\w+|(compare|report)\/\.started\.json)$/;
/** What a killed process may leave, and the next must clear. */
const LEFTOVER = /\.part$|\.previous$|\.lock/;

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
  /** The stage that was at work last, as the log has it. */
  stage: string | undefined;
}

export interface Experiment {
  /** The folder that commands run in; the work folder is `exp/tiny` in it. */
  folder: string;
  /**
   * Runs a command, under another program (strace, a shell) if `under` names one. @param ended is told of each line of
   * its log
   */
  acanet(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Puts the work folder to what it was before a stage; without one: takes it away. */
  rewind(before?: StageName): void;
  /** Keeps the work folder as the one to compare with. */
  keepReference(): void;
  /**
   * Files that are not the reference's bytes, that only one has, or that are left over. @param from the first stage
   * that was run again
   */
  differences(from: StageName): string[];
}

export interface RunOptions {
  under?: readonly string[];
  /** Milliseconds after which SIGKILL ends it. */
  killAfter?: number;
  env?: NodeJS.ProcessEnv;
}

/** @param folder a new one */
export function createExperiment(folder: string): Experiment {
  const work = join(folder, 'exp');
  const reference = join(folder, 'reference');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'tiny.yaml'), RECIPE);

  return {
    folder,
    acanet: (args, { under = [], killAfter, env } = {}) => {
      const [program, ...rest] = [...under, process.execPath, door, ...args];
      const child = spawn(program, rest, {
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, ...env },
      });
      let stderr = '';
      child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
      const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
      return new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code, signal) => {
          clearTimeout(timer);
          resolve({ code, signal, stderr, stage: [...stderr.matchAll(/^> (\S+):/gm)].at(-1)?.[1] });
        });
      });
    },
    rewind: (before) => {
      rmSync(work, { recursive: true, force: true });
      if (before === undefined) return;
      cpSync(reference, work, { recursive: true, preserveTimestamps: true });
      for (const stage of STAGES.slice(STAGES.indexOf(before))) rmSync(join(work, 'tiny', stage), { recursive: true });
    },
    keepReference: () => {
      rmSync(reference, { recursive: true, force: true });
      cpSync(work, reference, { recursive: true, preserveTimestamps: true });
    },
    differences: (from) => {
      const isTold = (name: string) =>
        TIMES.test(name) || (TIMES_OF_OTHERS.test(name) && (from !== 'report' || name.endsWith('.html')));
      const [was, is] = [filesIn(reference), filesIn(work)];
      const different = [...new Set([...was, ...is])].filter(
        (name) =>
          !existsSync(join(reference, name)) ||
          !existsSync(join(work, name)) ||
          (!isTold(name) && contentOf(join(reference, name)) !== contentOf(join(work, name))),
      );
      return [...new Set([...different, ...is.filter((name) => LEFTOVER.test(name))])];
    },
  };
}

const filesIn = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    // TensorBoard's files have times, and there is one for each start of a training.
    .filter(({ name }) => !name.startsWith('events.out.tfevents.'))
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();

/**
 * A file's bytes; of a training's log, the rows without what the clock says; of a corpus, not what was already there.
 */
function contentOf(path: string): string {
  if (path.endsWith('corpus.json')) return readFileSync(path, 'utf8').replace(/\d+ utterances synthesised.*/, '');
  if (!path.endsWith('metrics.jsonl')) return readFileSync(path, 'latin1');
  const timeless = (key: string, value: unknown) =>
    ['utterancesPerSecond', 'dataWait', 'seconds'].includes(key) ? undefined : value;
  const rows = readFileSync(path, 'utf8').trim().split('\n');
  return rows.map((row) => JSON.stringify(JSON.parse(row), timeless)).join('\n');
}
