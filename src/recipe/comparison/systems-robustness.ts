/** @file The scores of a recipe's systems under the conditions of its `robustness`, beside those of speech as it is. */
import { join, resolve } from 'node:path';
import type { RobustnessInput } from '../../report/comparison/robustness.js';
import { joinScores, readScores } from '../../scoring/scores/scores-file.js';
import type { TrialTable } from '../../scoring/scores/trial-table.js';
import { phasesOf } from '../../training/phases.js';
import { robustnessRecord } from '../artifacts/robustness.js';
import { scoreFiles } from '../artifacts/score.js';
import type { Recipe } from '../definition/schema.js';
import type { SystemSettings } from '../definition/system-settings.js';
import { trainingRuns } from '../definition/training-runs.js';

/** @param options.folderOf the stages `score/<run>` and `robustness/<run>` of all of the systems' runs */
export function readSystemsRobustness(
  recipe: Recipe,
  systems: readonly string[],
  { folderOf, trials }: { folderOf: (stage: string) => string; trials: TrialTable },
): RobustnessInput | undefined {
  const scoresOf = (path: string) => joinScores(readScores(path), trials, path);
  const systemsWith = (pathOf: (run: string) => string) =>
    systems.map((name) => ({ name, runs: trainingRuns(recipe, name).map((run) => scoresOf(pathOf(run.name))) }));
  const [first] = systems.flatMap((name) => trainingRuns(recipe, name));
  if (!first) return undefined;
  const record = robustnessRecord.read(folderOf(`robustness/${first.name}`));
  const { sides, utterances, noise } = record;
  return {
    sides,
    utterances,
    ...(noise !== undefined && { noise }),
    conditions: [
      { name: 'full', kind: 'full', systems: systemsWith((run) => scoreFiles(folderOf(`score/${run}`)).scores) },
      ...record.conditions.map(({ condition, kind, value, whole, scores }) => ({
        ...{ name: condition, kind, value },
        ...(kind === 'duration' && { whole }),
        systems: systemsWith((run) => join(folderOf(`robustness/${run}`), scores)),
      })),
    ],
  };
}

/** Which systems were trained with the recordings that they are tested with. */
export function describeHeardNoise(
  robustness: Recipe['robustness'],
  systems: readonly string[],
  settings: ReadonlyMap<string, Pick<SystemSettings, 'augmentation' | 'training'>>,
): string[] {
  const noise = robustness?.noise;
  if (typeof noise !== 'object') return [];
  const heard = systems.filter((name) => {
    const { augmentation, training } = settings.get(name)!;
    const sources = phasesOf(training, augmentation).flatMap(({ augmentation: ofPhase }) => {
      const { noise: own, music, speech, babble } = ofPhase ?? {};
      return [own, music, speech, babble].map((each) => each?.source);
    });
    return sources.some((source) => typeof source === 'string' && resolve(source) === resolve(noise.source));
  });
  if (heard.length === 0) return [];
  return [`${heard.join(', ')} heard the noise of these tests in training: other noise may do more harm.`];
}
