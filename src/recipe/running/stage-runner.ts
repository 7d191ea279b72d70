/**
 * @file Runs the stages of a recipe that are not up to date, and explains which those are.
 *
 * A stage is up to date when its `.done.json` carries the hash of what it depends on now: the settings it reads, its
 * version, and the output hashes of the stages it needs. Output hashes rather than times decide, so a stage that is run
 * again with the same outcome leaves the stages after it alone.
 */
import { unknownName } from '../../configuration/closest-name.js';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { internal, UserError } from '../../errors.js';
import { guardWriting } from '../../storage/atomic-write.js';
import { DamagedFile, recordFiles } from '../../storage/written-files.js';
import { peakMemory, resetPeakMemory } from '../../tasks/peak-memory.js';
import { describeMachine } from '../../machine.js';
import { doneRecord, startedRecord, type DoneRecord } from '../artifacts/control-files.js';
import { type Stage, type StageContext, stageOf, type StageOutcome } from './stage.js';
import { type Damage, damageIn, setAside } from './stage-damage.js';
import { goneOutputs, hashInput, inputOf, planStage, type StagePlan, usedBy } from './stage-plan.js';
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
  /** Others read what is of no run, here or on other machines: it is not to be made again when it is found damaged. */
  sharing?: boolean;
  /**
   * Who asked for it, for work that may be begun again elsewhere: what is forced is forced once for each name here.
   */
  by?: string;
  signal?: AbortSignal;
  log?: (line: string) => void;
  progress?: StageContext['progress'];
  /** Told of each stage that has been run to its end. */
  onFinished?: (stage: string) => void;
}

/** What each wanted stage would do, without doing it. */
export function planStages({ workFolder, stages, targets, force = [] }: StageRunOptions): StagePlan[] {
  checkForced(stages, force);
  const taken = namesOf(stages);
  const wanted = targets ?? [...taken];
  const damaged: DamagedStages = new Map();
  for (;;) {
    const outputs = new Map<string, string>();
    const known = damaged.size;
    const plans = inOrder(stages, targets).map((stage) => {
      const { name } = stage;
      // An earlier version knew fewer parts of what a stage wrote.
      const pending = stage.needs.filter((need) => !outputs.has(stageOf(need)));
      const asked = { workFolder, outputs, pending, forced: force.includes(name), taken, damaged: damaged.get(name) };
      const plan = planStage(stage, asked);
      const done = doneRecord.readIfThere(join(workFolder, plan.twin ?? name));
      if ((plan.action === 'skip' || plan.twin) && done) recordOutput(outputs, stage, done);
      if (plan.action !== 'if changed') findDamage(workFolder, usedBy(stage, plan, wanted), damaged);
      return plan;
    });
    if (damaged.size === known) return plans;
  }
}

/** What was found to be damaged of stages that were up to date. */
type DamagedStages = Map<string, Damage[]>;

/** @returns the stages that are found damaged and were not before */
function findDamage(workFolder: string, used: readonly string[], damaged: DamagedStages): string[] {
  return used.filter((name) => {
    const found = damaged.has(name) ? [] : damageIn(join(workFolder, name));
    if (found.length > 0) damaged.set(name, found);
    return found.length > 0;
  });
}

/**
 * Brings the wanted stages, and what they need, up to date; returns the plans that were carried out. Where a result is
 * found damaged before it is used, its stage is made anew first, and everything is looked at once more.
 */
export async function runStages(options: StageRunOptions): Promise<StagePlan[]> {
  const { workFolder, stages, targets, force = [], by } = options;
  checkForced(stages, force);
  const begun = (name: string) => by !== undefined && startedRecord.readIfThere(join(workFolder, name))?.by === by;
  const plans = new Map<string, StagePlan>();
  const forced = new Set(force.filter((name) => !begun(name)));
  const pass: Pass = { plans, forced, damaged: new Map(), mended: new Set() };
  while (!(await runPass(options, pass)));
  return inOrder(stages, targets).map(({ name }) => plans.get(name)!);
}

/** What one look at the stages hands on to the next. */
interface Pass {
  /** As carried out; of stages that were up to date, that. */
  plans: Map<string, StagePlan>;
  /** Still to be run whatever their record says. */
  forced: Set<string>;
  damaged: DamagedStages;
  /** Made again because a record of theirs was found damaged as it was read. */
  mended: Set<string>;
}

/** @returns whether it came to the end; else something is damaged that has been used before */
async function runPass(options: StageRunOptions, { plans, forced, damaged, mended }: Pass): Promise<boolean> {
  const { workFolder, stages, signal, beside, sharing = false, by } = options;
  const { log = silent, progress = silent, onFinished = silent } = options;
  const outputs = new Map<string, string>();
  const taken = namesOf(stages);
  const { targets = [...taken] } = options;
  for (const stage of inOrder(stages, targets)) {
    signal?.throwIfAborted();
    const { name } = stage;
    const asked = { workFolder, outputs, pending: [], forced: forced.has(name), taken, damaged: damaged.get(name) };
    let plan = planStage(stage, asked);
    while (plan.twin !== undefined) {
      log(`> ${name}: ${DOING[plan.action]} (${plan.reasons.join('; ')})`);
      makePlace(workFolder, stage, outputs, { log });
      takeOverTwin(workFolder, name, plan.twin);
      plan = planStage(stage, asked);
    }
    const found = findDamage(workFolder, usedBy(stage, plan, targets), damaged);
    for (const each of found) log(`! ${join(workFolder, each)}: damaged; it is made again`);
    if (found.length > 0) return false;
    const done = doneRecord.readIfThere(join(workFolder, name));
    if (plan.action === 'skip' && done) {
      if (!plans.has(name)) {
        plans.set(name, plan);
        log(`= ${name}: up to date`);
      }
      recordOutput(outputs, stage, done);
    } else {
      plans.set(name, plan);
      log(`> ${name}: ${DOING[plan.action]} (${plan.reasons.join('; ')})`);
      const resumed = plan.action === 'resume';
      const set = { signal, log, progress, resumed, anew: forced.has(name), beside, by, damaged: damaged.get(name) };
      try {
        recordOutput(outputs, stage, await runStage(workFolder, stage, outputs, set));
      } catch (error) {
        // A record of a cache is checked when it is read, and not before.
        if (!(error instanceof DamagedFile)) throw error;
        const owner = ownerOf(error.path, workFolder, stages);
        // What others read is not its to make again; and what has been made again is a lost case.
        const shared = sharing && owner?.ofRun === undefined;
        if (!owner || shared || mended.has(owner.name)) throw error;
        mended.add(owner.name);
        const file = relative(join(workFolder, owner.name), error.path);
        damaged.set(owner.name, [{ file, problem: problemOf(error) }]);
        log(`! ${error.message.split('\n')[0]}; it is made again`);
        return false;
      }
      forced.delete(name);
      damaged.delete(name);
      onFinished(name);
    }
  }
  return true;
}

/** The stage that wrote a file. */
const ownerOf = (path: string, workFolder: string, stages: readonly Stage[]): Stage | undefined =>
  stages.find(({ name }) => !relative(join(workFolder, name), path).startsWith('..'));

const problemOf = ({ message, path }: DamagedFile) => message.split('\n')[0].replace(`${path}: `, '');

/** What log lines say of a stage that is not skipped. */
const DOING = {
  run: 'running',
  resume: 'resuming',
  'take over': 'taking over',
  'if changed': 'running',
  skip: 'running',
};

const silent = () => undefined;
const namesOf = (stages: readonly Stage[]): ReadonlySet<string> => new Set(stages.map(({ name }) => name));

type OutputHashes = Pick<StageOutcome, 'outputHash' | 'partHashes'>;

/** Keeps the hashes of a stage's result under the names by which other stages need it. */
export function recordOutput(
  outputs: Map<string, string>,
  { name }: Pick<Stage, 'name'>,
  { outputHash, partHashes = {} }: OutputHashes,
): void {
  outputs.set(name, outputHash);
  for (const [part, hash] of Object.entries(partHashes)) outputs.set(`${name}:${part}`, hash);
}

async function runStage(
  workFolder: string,
  stage: Stage,
  outputs: ReadonlyMap<string, string>,
  {
    resumed,
    anew,
    beside,
    by,
    damaged,
    ...reporting
  }: Pick<StageContext, 'signal' | 'log' | 'progress' | 'anew'> &
    Pick<StageRunOptions, 'beside' | 'by'> & { resumed: boolean; damaged?: Damage[] },
): Promise<OutputHashes> {
  const folder = join(workFolder, stage.name);
  const input = inputOf(stage, outputs);
  if (resumed) {
    const gone = goneOutputs(folder);
    guardWriting(folder, () => {
      if (damaged) setAside(folder, damaged);
      if (gone.length > 0) stage.removeAfter?.(folder, gone);
    });
  }
  const { inputHash, previous } = makePlace(workFolder, stage, outputs, { log: reporting.log, resumed, anew });
  startedRecord.write(folder, { stage: stage.name, inputHash, ...(by !== undefined && { by }) });
  const folderOf = (name: string) => {
    if (!stage.needs.some((need) => stageOf(need) === name))
      throw internal(`stage ${stage.name} reads ${name} without needing it`);
    return join(workFolder, name);
  };
  const sharesFolder = sharesFolderOf(workFolder, stage, inputHash);
  const watched = resetPeakMemory();
  const started = performance.now();
  const {
    summary,
    recorded = recordFiles,
    ...outcome
  } = await stage.run({ folder, folderOf, inputHash, sharesFolder, anew, ...reporting }).catch((error: unknown) => {
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
    files: recorded(folder),
  };
  doneRecord.write(folder, record);
  rmSync(previous, { recursive: true, force: true });
  // Those of other settings too.
  rmSync(dirname(sharesFolder), { recursive: true, force: true });
  reporting.log(`  ${stage.name}: ${summary} (${seconds.toFixed(1)} s)`);
  return outcome;
}

/** `exp/demo/shares/embed/aca-net/0123456789ab` */
export const sharesFolderOf = (workFolder: string, { name }: Pick<Stage, 'name'>, inputHash: string): string =>
  join(workFolder, 'shares', name, inputHash.slice(0, 12));

interface PlaceOptions {
  log: (line: string) => void;
  resumed?: boolean;
  /** Nothing of an earlier run is built on. */
  anew?: boolean;
}

/** Takes away what an earlier run left. @returns where a result waits that is to be replaced */
function makePlace(
  workFolder: string,
  stage: Stage,
  outputs: ReadonlyMap<string, string>,
  options: PlaceOptions,
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
  { previous, log, resumed = false, anew = false }: { previous: string } & PlaceOptions,
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
  if (anew || (!resumed && stage.whenChanged !== 'keep')) rmSync(folder, { recursive: true, force: true });
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
    if (!stage) throw new UserError(`no stage ${unknownName(name, [...byName.keys()])}`);
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
    throw new UserError(`--force: no stage ${unknownName(unknown, known)}`);
  }
}
