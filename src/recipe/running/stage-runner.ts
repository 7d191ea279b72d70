/**
 * @file Runs the stages of a recipe that are not up to date, and explains which those are.
 *
 * A stage is up to date when its `.done.json` carries the hash of what it depends on now: the settings it reads, its
 * version, and the output hashes of the stages it needs. Output hashes rather than times decide, so a stage that is run
 * again with the same outcome leaves the stages after it alone.
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { internal, UserError } from '../../errors.js';
import { guardWriting } from '../../storage/atomic-write.js';
import { peakMemory, resetPeakMemory } from '../../tasks/peak-memory.js';
import { describeMachine } from '../../machine.js';
import { doneRecord, startedRecord, type DoneRecord } from '../artifacts/control-files.js';
import type { Stage, StageContext, StageOutcome } from './stage.js';
import { hashInput, inputOf, planStage, stageOf, type StagePlan } from './stage-plan.js';
import { takeOverTwin } from './stage-twin.js';

export interface StageRunOptions {
  workFolder: string;
  stages: readonly Stage[];
  /** The stages wanted (default: all); the stages they need are brought up to date first. */
  targets?: readonly string[];
  /** Stages that are run even when up to date. */
  force?: readonly string[];
  /** Processes that work beside this one and share the machine with it. */
  beside?: number;
  signal?: AbortSignal;
  log?: (line: string) => void;
  progress?: StageContext['progress'];
  /** Told of each stage that has been run to its end. */
  onFinished?: (stage: string) => void;
}

/** What each wanted stage would do, without doing it. */
export function planStages({ workFolder, stages, targets, force = [] }: StageRunOptions): StagePlan[] {
  checkForced(stages, force);
  const outputs = new Map<string, string>();
  const taken = namesOf(stages);
  return inOrder(stages, targets).map((stage) => {
    const pending = stage.needs.filter((need) => !outputs.has(need));
    const plan = planStage(stage, { workFolder, outputs, pending, forced: force.includes(stage.name), taken });
    const done = doneRecord.readIfThere(join(workFolder, plan.twin ?? stage.name));
    if ((plan.action === 'skip' || plan.twin) && done) recordOutput(outputs, stage, done);
    return plan;
  });
}

/** Brings the wanted stages, and what they need, up to date; returns the plans that were carried out. */
export async function runStages(options: StageRunOptions): Promise<StagePlan[]> {
  const { workFolder, stages, targets, force = [], signal, beside } = options;
  const { log = silent, progress = silent, onFinished = silent } = options;
  const outputs = new Map<string, string>();
  checkForced(stages, force);
  const taken = namesOf(stages);
  const plans: StagePlan[] = [];
  for (const stage of inOrder(stages, targets)) {
    signal?.throwIfAborted();
    const asked = { workFolder, outputs, pending: [], forced: force.includes(stage.name), taken };
    let plan = planStage(stage, asked);
    while (plan.twin !== undefined) {
      log(`> ${stage.name}: ${plan.action} (${plan.reasons.join('; ')})`);
      makePlace(workFolder, stage, outputs, { log });
      takeOverTwin(workFolder, stage.name, plan.twin);
      plan = planStage(stage, asked);
    }
    plans.push(plan);
    const done = doneRecord.readIfThere(join(workFolder, stage.name));
    if (plan.action === 'skip' && done) {
      log(`= ${stage.name}: up to date`);
      recordOutput(outputs, stage, done);
    } else {
      log(`> ${stage.name}: ${plan.action} (${plan.reasons.join('; ')})`);
      const resumed = plan.action === 'resume';
      recordOutput(
        outputs,
        stage,
        await runStage(workFolder, stage, outputs, { signal, log, progress, resumed, beside }),
      );
      onFinished(stage.name);
    }
  }
  return plans;
}

const silent = () => undefined;
const namesOf = (stages: readonly Stage[]): ReadonlySet<string> => new Set(stages.map(({ name }) => name));

type OutputHashes = Pick<StageOutcome, 'outputHash' | 'partHashes'>;

/** Keeps the hashes of a stage's result under the names by which other stages need it. */
function recordOutput(outputs: Map<string, string>, { name }: Stage, { outputHash, partHashes = {} }: OutputHashes) {
  outputs.set(name, outputHash);
  for (const [part, hash] of Object.entries(partHashes)) outputs.set(`${name}:${part}`, hash);
}

async function runStage(
  workFolder: string,
  stage: Stage,
  outputs: ReadonlyMap<string, string>,
  {
    resumed,
    beside,
    ...reporting
  }: Pick<StageContext, 'signal' | 'log' | 'progress'> & { resumed: boolean; beside?: number },
): Promise<OutputHashes> {
  const folder = join(workFolder, stage.name);
  const input = inputOf(stage, outputs);
  const { inputHash, previous } = makePlace(workFolder, stage, outputs, { log: reporting.log, resumed });
  startedRecord.write(folder, { stage: stage.name, inputHash });
  const folderOf = (name: string) => {
    if (!stage.needs.some((need) => stageOf(need) === name))
      throw internal(`stage ${stage.name} reads ${name} without needing it`);
    return join(workFolder, name);
  };
  const watched = resetPeakMemory();
  const started = performance.now();
  const { summary, ...outcome } = await stage
    .run({ folder, folderOf, inputHash, ...reporting })
    .catch((error: unknown) => {
      restore(folder, previous);
      throw error;
    });
  const missing = outcome.outputs.find((output) => !existsSync(join(folder, output)));
  if (missing) throw internal(`stage ${stage.name} did not write ${missing}`);
  const seconds = Math.round((performance.now() - started) / 10) / 100;
  const finished = new Date().toISOString();
  const record: DoneRecord = {
    stage: stage.name,
    inputHash,
    ...outcome,
    finished,
    seconds,
    ...(resumed && { resumed }),
    ...(beside !== undefined && { beside }),
    ...(watched && { peakBytes: peakMemory() }),
    machine: describeMachine(),
    input,
  };
  doneRecord.write(folder, record);
  rmSync(previous, { recursive: true, force: true });
  reporting.log(`  ${stage.name}: ${summary} (${seconds.toFixed(1)} s)`);
  return outcome;
}

/** Takes away what an earlier run left. @returns where a result waits that is to be replaced */
function makePlace(
  workFolder: string,
  stage: Stage,
  outputs: ReadonlyMap<string, string>,
  options: { log: (line: string) => void; resumed?: boolean },
): { inputHash: string; previous: string } {
  const folder = join(workFolder, stage.name);
  const inputHash = hashInput(inputOf(stage, outputs));
  const previous = `${folder}.previous`;
  guardWriting(folder, () => makeRoom(folder, stage, inputHash, { previous, ...options }));
  return { inputHash, previous };
}

/**
 * Takes away what an earlier run left, unless the stage may build on it. A finished result that is to be replaced waits
 * under `previous`, so that a run that fails (a mistyped folder) leaves it as it was.
 */
function makeRoom(
  folder: string,
  stage: Stage,
  inputHash: string,
  { previous, log, resumed = false }: { previous: string; log: (line: string) => void; resumed?: boolean },
): void {
  if (existsSync(join(folder, doneRecord.name))) rmSync(previous, { recursive: true, force: true });
  restore(folder, previous);
  if (!existsSync(folder)) return;
  const started = startedRecord.readIfThere(folder);
  const changed = started?.inputHash !== inputHash;
  const finished = existsSync(join(folder, doneRecord.name));
  if (finished && stage.whenChanged === 'remove' && !stage.resumable) {
    renameSync(folder, previous);
    return;
  }
  if (changed && stage.whenChanged === 'set aside' && started) {
    const aside = freeName(`${folder}.${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '')}`);
    renameSync(folder, aside);
    log(`  ${stage.name}: the earlier result is kept in ${aside}`);
    return;
  }
  rmSync(join(folder, doneRecord.name), { force: true });
  if (!resumed && stage.whenChanged !== 'keep') rmSync(folder, { recursive: true, force: true });
}

/** Puts the earlier result back in the place of an unfinished one. */
function restore(folder: string, previous: string): void {
  if (!existsSync(previous)) return;
  rmSync(folder, { recursive: true, force: true });
  renameSync(previous, folder);
}

function freeName(path: string, count = 1): string {
  const name = count === 1 ? path : `${path}-${count}`;
  return existsSync(name) ? freeName(path, count + 1) : name;
}

/** The stages wanted and everything they need, in the order of the list, which must be a valid one. */
function inOrder(stages: readonly Stage[], targets: readonly string[] = stages.map(({ name }) => name)): Stage[] {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const wanted = new Set<string>();
  const want = (name: string) => {
    const stage = byName.get(name);
    if (!stage) throw new UserError(`no stage "${name}" in this recipe; there are ${[...byName.keys()].join(', ')}`);
    if (wanted.has(name)) return;
    wanted.add(name);
    for (const need of stage.needs) want(stageOf(need));
  };
  targets.forEach(want);
  return stages.filter(({ name }) => wanted.has(name));
}

/** A stage that is forced must exist: a mistyped one would else be passed over. */
function checkForced(stages: readonly Stage[], force: readonly string[]): void {
  const known = stages.map(({ name }) => name);
  const unknown = force.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UserError(`no stage "${unknown}" in this recipe to force; there are ${known.join(', ')}`);
  }
}
