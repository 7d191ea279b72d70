/** @file One share of a stage's work, done beside other processes that do theirs, before the stage itself runs. */
import { join } from 'node:path';
import { internal, UserError } from '../../errors.js';
import { stageOf, type Stage, type StageContext, type WorkShare } from './stage.js';
import { planStages } from './stage-runner.js';

export interface RunShareOptions extends Pick<StageContext, 'log' | 'progress' | 'signal'> {
  workFolder: string;
  stages: readonly Stage[];
  stage: string;
  share: WorkShare;
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
  await stage.share({ folder: join(workFolder, name), folderOf, ...reporting }, share);
}
