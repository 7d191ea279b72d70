/**
 * @file The files by which a work folder is run, beside the results of its stages.
 *
 *     exp/.current                  the recipe of the last command: its name or file
 *     exp/demo/.lock                the process that works in the folder
 *     exp/demo/.overrides.json      what commands have set, which holds for later ones
 *     exp/demo/provenance.json      where results come from: versions, machine, every command
 *     exp/demo/recipe.resolved.yaml the recipe with everything filled in
 *     exp/demo/prep/.started.json   what a stage's run was begun with
 *     exp/demo/prep/.done.json      what it was made from and what came out; written last
 */
import { z } from 'zod';
import { RECORD } from '../../storage/written-files.js';
import { checked, jsonArtifact } from './json-artifact.js';

export const CURRENT = '.current';
export const LOCK = '.lock';
export const RESOLVED_RECIPE = 'recipe.resolved.yaml';

/** What a stage depends on, as hashed. */
const stageInput = z.object({
  settings: z.record(z.string(), z.unknown()),
  needs: z.record(z.string(), z.string()),
  version: z.number(),
});
export type StageInput = z.infer<typeof stageInput>;

const removeAndRun = () => 'remove the file: the next `acanet run` then brings the stage up to date';

export const doneRecord = jsonArtifact(RECORD, {
  schema: z.object({
    stage: z.string(),
    inputHash: z.string(),
    input: stageInput,
    outputHash: z.string(),
    partHashes: z.record(z.string(), z.string()).optional(),
    outputs: z.array(z.string()),
    /** ISO 8601. */
    finished: z.string(),
    seconds: z.number(),
    /** An interrupted run was gone on with: `seconds` are those since then. */
    resumed: z.boolean().optional(),
    /** So many stages ran side by side: `seconds` are not those that it takes alone. */
    beside: z.number().optional(),
    /** Highest resident memory of the process while the stage ran, where the system tells (Linux). */
    peakBytes: z.number().optional(),
    machine: z.string().optional(),
    /** Audio that it worked through itself, and the time and threads that this took. */
    audioWork: z.object({ audioSeconds: z.number(), seconds: z.number(), threads: z.number() }).optional(),
    /** The user's own lists that it was made from; absent where an earlier version wrote it. */
    sources: z
      .object({
        directory: z.string(),
        files: z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string() })),
        absent: z.array(z.string()).optional(),
      })
      .optional(),
    /** What the stage wrote; absent where an earlier version did. A cache's archives have checksums of their own. */
    files: z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string() })).optional(),
  }),
  remedy: removeAndRun,
  seal: true,
});
export type DoneRecord = ReturnType<typeof doneRecord.read>;

export const startedRecord = jsonArtifact('.started.json', {
  schema: z.object({
    stage: z.string(),
    inputHash: z.string(),
    /** Who asked for it, where that may be done again elsewhere. */
    by: z.string().optional(),
  }),
  remedy: removeAndRun,
  seal: true,
});

export const overrides = jsonArtifact('.overrides.json', {
  // A list alone where an earlier version wrote it.
  schema: z.union([z.object({ sets: z.array(z.string()) }), z.array(z.string())]),
  seal: true,
  remedy: () => 'remove the file, and give the --set options of the last command again',
});

const commandRecord = z.object({
  time: z.string(),
  directory: z.string().optional(),
  command: z.string(),
  sets: z.array(z.string()),
  /** It looked at the test trials. */
  readsTest: z.boolean().optional(),
  /** Older records say instead where the test trials were kept back. */
  evaluate: z.literal('development').optional(),
});
export type CommandRecord = z.infer<typeof commandRecord>;

const gitState = z.object({ commit: z.string(), dirty: z.boolean() });

export const provenance = jsonArtifact('provenance.json', {
  // Parts may be missing where an older acanet wrote it.
  schema: z.object({
    recipe: z.string().optional(),
    seed: z.number().optional(),
    versions: z.record(z.string(), z.string()).optional(),
    git: z.object({ acanet: gitState.optional(), workingDirectory: gitState.optional() }).optional(),
    machine: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
    engine: z
      .looseObject({ name: z.string(), device: z.string(), threads: z.number().nullable() })
      .partial()
      .optional(),
    inputs: z.array(z.object({ file: z.string(), sha256: z.string() })).optional(),
    commands: z.array(commandRecord).optional(),
    /** Of `recipe.resolved.yaml`. */
    resolved: z.object({ bytes: z.number(), sha256: z.string() }).optional(),
  }),
  remedy: () => 'remove the file: the next command begins it anew, without the commands before',
  seal: true,
});

const lockHolder = z.object({
  pid: z.number(),
  host: z.string(),
  /** Kernel clock ticks at the process's start, where known. */
  startTicks: z.string().optional(),
  since: z.string(),
  command: z.string(),
});
export type LockHolder = z.infer<typeof lockHolder>;

/**
 * What the text of a lock says; it is written and taken over as a whole, so it is no `jsonArtifact`. @throws UserError
 */
export const readLockHolder = (text: string, path: string): LockHolder =>
  checked(text, { schema: lockHolder, path, remedy: 'if no acanet works in this folder, remove the file' });
