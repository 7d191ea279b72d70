/** @file Whether two recordings are of one speaker: score, log-likelihood ratio and decision, as far as a model has them. */
import { resolve } from 'node:path';
import { commandLine } from '../../command-line.js';
import type { DetectionCostOptions } from '../../scoring/measures/detection-cost.js';
import { decidePair, type PairDecision } from '../../scoring/profile/decide-pair.js';
import { modelLimits } from '../../scoring/profile/model-limits.js';
import type { ScoringProfile } from '../../scoring/profile/scoring-profile.js';
import type { VoiceModel } from './voice-model.js';

export interface Verified {
  a: { file: string; seconds: number };
  b: { file: string; seconds: number };
  model: string;
  /** `cosine`, `plda`, with the normalisation after it. */
  backend: string;
  score: number;
  /** Absent where the model folder has no threshold. */
  decision?: PairDecision;
  /** Why there is no log-likelihood ratio, where there is none. */
  noCalibration?: string;
  trained?: ScoringProfile['trained'];
  /** What the model is not good for, one sentence each. */
  limits: string[];
  notes: string[];
}

export interface VerifyOptions {
  model: VoiceModel;
  a: string;
  b: string;
  /** Of both files; needed where they have several. */
  channel?: number;
  costs: Required<DetectionCostOptions>;
}

/** @throws UserError for a recording that cannot be compared */
export async function verifyFiles({ model, a, b, channel, costs }: VerifyOptions): Promise<Verified> {
  const first = await model.embedFile(a, { channel });
  const second = await model.embedFile(b, { channel });
  const [enroll, test] = ['a', 'b'];
  const embeddings = new Map([
    [enroll, first.embedding],
    [test, second.embedding],
  ]);
  const [score] = await model.score([{ enroll, test }], embeddings);
  const { profile } = model;
  const decision = profile && decidePair(score, profile, costs);
  const noCalibration = whyNoCalibration(model);
  return {
    a: { file: a, seconds: first.seconds },
    b: { file: b, seconds: second.seconds },
    model: model.dir,
    backend: backendName(model),
    score,
    ...(decision && { decision }),
    ...(noCalibration !== undefined && { noCalibration }),
    ...(profile && { trained: profile.trained }),
    limits: modelLimits(profile),
    notes: [
      ...first.notes,
      ...second.notes,
      ...(resolve(a) === resolve(b) ? ['both recordings are the same file, which says nothing about a speaker'] : []),
      ...(profile?.calibration?.separable
        ? [
            'the development trials of this model were separated without error, equal scores aside, so the size of the ratio is arbitrary',
          ]
        : []),
    ],
  };
}

/** `cosine`, `plda, as-norm` */
export function backendName({ scoring: { type, normalize } }: Pick<VoiceModel, 'scoring'>): string {
  return normalize === 'none' ? type : `${type}, ${normalize}`;
}

/** Why a model gives no log-likelihood ratios, and the command that mends it; undefined where it gives them. */
export function whyNoCalibration({ dir, profile }: Pick<VoiceModel, 'dir' | 'profile'>): string | undefined {
  if (profile?.calibration) return undefined;
  if (profile) return `${dir} has no calibration: ${profile.noCalibration}`;
  const [, work, recipe, run] = /^(?:(.*)[\\/])?([^\\/]+)[\\/]average[\\/]([^\\/]+)[\\/]?$/.exec(dir) ?? [];
  const command =
    recipe === undefined
      ? 'acanet pack makes them for a model that a recipe has trained'
      : `make them with: ${commandLine(['pack', '--recipe', recipe, '--model', run, ...(work === undefined || work === 'exp' ? [] : ['--work', work])])}`;
  return `${dir} has no calibration and no threshold, so there is a score but no decision\n  ${command}`;
}
