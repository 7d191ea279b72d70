/**
 * @file Whether a stage is up to date, and why not: its `.done.json` compared with what it depends on now.
 *
 * The hashed object itself is kept in `.done.json`, so that a difference can be named.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeChanges, firstOf } from '../../configuration/describe-changes.js';
import { sha256Hex, stableJson } from '../../storage/hashing.js';
import { doneRecord, startedRecord, type StageInput } from '../artifacts/control-files.js';
import { stageOf, type Stage } from './stage.js';
import type { Damage } from './stage-damage.js';
import { changedSources } from './stage-sources.js';
import { findTwin } from './stage-twin.js';

/** What would happen to a stage, and why. */
export interface StagePlan {
  stage: string;
  /**
   * `if changed`: a stage before it will run, and only its outcome decides. `take over`: the same result lies under
   * another name.
   */
  action: 'skip' | 'run' | 'resume' | 'if changed' | 'take over';
  reasons: string[];
  /** The folder that is taken over. */
  twin?: string;
}

export interface PlanOptions {
  workFolder: string;
  outputs: ReadonlyMap<string, string>;
  /** Needs whose outcome is not known yet. */
  pending: readonly string[];
  forced: boolean;
  /** Folders that stages of the recipe have. */
  taken: ReadonlySet<string>;
  /** Files of the stage's result that are not as they were written. */
  damaged?: readonly Damage[];
}

export function planStage(
  stage: Stage,
  { workFolder, outputs, pending, forced, taken, damaged = [] }: PlanOptions,
): StagePlan {
  const plan = (action: StagePlan['action'], ...reasons: string[]): StagePlan => ({
    stage: stage.name,
    action,
    reasons,
  });
  const folder = join(workFolder, stage.name);
  const done = doneRecord.readIfThere(folder);
  const input = inputOf(stage, outputs);
  const inputHash = hashInput(input);
  const run = (...reasons: string[]): StagePlan => {
    const sought = stage.whenChanged === 'set aside' && pending.length === 0;
    const twin = sought ? findTwin(workFolder, stage.name, { inputHash, taken }) : undefined;
    if (twin === undefined) return plan('run', ...reasons);
    return { ...plan('take over', `the same was made as ${twin}`), twin };
  };
  if (!done) {
    const started = startedRecord.readIfThere(folder);
    const same = pending.length === 0 && started?.inputHash === inputHash;
    if (forced) return plan('run', 'asked for');
    if (same && stage.resumable) return plan('resume', 'an earlier run was interrupted');
    return run(started ? 'an earlier run did not finish' : 'has not been run');
  }
  if (forced) return plan('run', 'asked for');
  const differences = differencesOf(done.input, input, pending);
  if (differences.length > 0) return run(...differences);
  if (pending.length === 0 && done.inputHash !== inputHash) return run('what it is made from has changed');
  const changed = done.sources ? changedSources(done.sources, input.settings) : [];
  if (changed.length > 0) return run(...firstOf(changed));
  const again = stage.resumable ? 'resume' : 'run';
  const gone = goneOutputs(folder);
  if (gone.length > 0) return plan(again, ...firstOf(gone.map((output) => `${output} is gone`)));
  if (damaged.length > 0) return plan(again, ...firstOf(damaged.map(({ file, problem }) => `${file} ${problem}`)));
  if (pending.length > 0) return plan('if changed', ...pending.map((need) => `${stageOf(need)} will run`));
  return plan('skip', 'up to date');
}

/** Outputs of a stage's finished result that are not there any more. */
export const goneOutputs = (folder: string): string[] =>
  doneRecord.readIfThere(folder)?.outputs.filter((output) => !existsSync(join(folder, output))) ?? [];

/** The stages whose results are about to be used. */
export function usedBy(stage: Stage, plan: StagePlan, targets: readonly string[]): string[] {
  if (plan.action !== 'skip') return [...new Set(stage.needs.map(stageOf))];
  return targets.includes(stage.name) ? [stage.name] : [];
}

/** What a stage depends on now. */
export function inputOf(stage: Stage, outputs: ReadonlyMap<string, string>): StageInput {
  const needs = Object.fromEntries(stage.needs.map((need) => [need, outputs.get(need) ?? '']));
  // Through JSON, so that it compares equal with what `.done.json` gives back.
  return JSON.parse(JSON.stringify({ settings: stage.settings, needs, version: stage.version })) as StageInput;
}

export const hashInput = (input: StageInput) => sha256Hex(stableJson(input));

function differencesOf(before: StageInput, now: StageInput, pending: readonly string[]): string[] {
  const differences = describeChanges(before.settings, now.settings);
  if (before.version !== now.version) differences.push('acanet does this stage differently now');
  const needs = [...new Set([...Object.keys(before.needs), ...Object.keys(now.needs)])];
  const changes = needs
    .filter((need) => !pending.includes(need))
    .flatMap((need) => {
      if (before.needs[need] === undefined) return [`takes ${need} too`];
      if (now.needs[need] === undefined) return [`no longer takes ${need}`];
      return before.needs[need] === now.needs[need] ? [] : [`${need} gave another result`];
    });
  return [...differences, ...firstOf(changes)];
}
