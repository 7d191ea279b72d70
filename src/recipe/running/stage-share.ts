/**
 * @file One share of a stage's work, done beside other processes that do theirs, before the stage itself runs; and what
 * all shares of it need.
 */
import { join } from 'node:path';
import { internal, UserError } from '../../errors.js';
import { doneRecord } from '../artifacts/control-files.js';
import { stageOf, type Stage, type StageContext, type WorkShare } from './stage.js';
import { hashInput, inputOf } from './stage-plan.js';
import { planStages, recordOutput, sharesFolderOf } from './stage-runner.js';

export interface RunShareOptions extends Pick<StageContext, 'log' | 'progress' | 'signal'> {
  workFolder: string;
  stages: readonly Stage[];
  stage: string;
  /** Absent: what all shares need. */
  share?: WorkShare;
}

/** Does the share, unless the stage is up to date. @throws UserError where what the stage needs is not */
export async function runShare({
  workFolder,
  stages,
  stage: name,
  share,
  ...reporting
}: RunShareOptions): Promise<void> {
  const plans = planStages({ workFolder, stages, targets: [name] });
  if (plans.every(({ action }) => action === 'skip')) {
    reporting.log(`= ${name}: up to date`);
    return;
  }
  const missing = plans.find((plan) => plan.stage !== name && plan.action !== 'skip');
  if (missing)
    throw new UserError(`${name} needs ${missing.stage}, which is not up to date: ${missing.reasons.join('; ')}`);
  const stage = stages.find((each) => each.name === name);
  if (!stage?.share) throw internal(`stage ${name} has no shares`);
  const folderOf = (need: string) => {
    if (!stage.needs.some((each) => stageOf(each) === need))
      throw internal(`stage ${name} reads ${need} without needing it`);
    return join(workFolder, need);
  };
  const outputs = new Map<string, string>();
  for (const need of stage.needs.map(stageOf))
    recordOutput(outputs, { name: need }, doneRecord.read(join(workFolder, need)));
  const inputHash = hashInput(inputOf(stage, outputs));
  const sharesFolder = sharesFolderOf(workFolder, stage, inputHash);
  const context = { folder: join(workFolder, name), folderOf, inputHash, sharesFolder, ...reporting };
  if (share) await stage.share(context, share);
  else await stage.prepareShares?.(context);
}
