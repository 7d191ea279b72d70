/**
 * @file How the page scores: the back-end of the model folder, as numbers. Means, LDA, WCCN and normalisation against a
 * cohort are done in the page; PLDA is not.
 */
import type { PageScoring } from '../../page/page-facts.js';
import { type Backend, trainBackend } from '../../scoring/backend/backend.js';
import { profileSources, type ScoringProfile } from '../../scoring/profile/scoring-profile.js';
import { readProfileSpeakers } from '../../scoring/profile/profile-speakers.js';
import { backendData } from '../scoring/score-embeddings.js';

export interface ScoringOfPage {
  readonly scoring: PageScoring;
  /** Of `cohort.bin`: float32 unit vectors. */
  readonly cohort?: Uint8Array;
}

/** @param dim values of an embedding */
export function pageScoring(
  profile: ScoringProfile | undefined,
  { modelDir, dim }: { modelDir: string; dim: number },
): ScoringOfPage {
  if (!profile) return { scoring: { without: 'Its folder has no calibration. Make one with: acanet pack' } };
  if (profile.scoring.type !== 'cosine') {
    return { scoring: { without: 'It is calibrated for PLDA, and the page has the cosine alone. See acanet verify.' } };
  }
  const { speakersFile, ...sources } = profileSources(modelDir, profile);
  const data = backendData({ ...sources, speakers: () => readProfileSpeakers(speakersFile) });
  const backend = trainBackend(sources.scoring, data, dim);
  const { calibration, noCalibration } = profile;
  return {
    scoring: {
      ...transformsOf(backend),
      ...normalizationOf(backend),
      ...(calibration
        ? { calibration: { weight: calibration.weight, offset: calibration.offset } }
        : { without: `There is no calibration: ${noCalibration ?? 'none was learned'}.` }),
    },
    ...(backend.options.normalize !== 'none' && backend.cohort && { cohort: unitVectors(backend.cohort) }),
  };
}

function transformsOf({ transforms }: Backend): Pick<PageScoring, 'transforms'> {
  if (transforms.length === 0) return {};
  return {
    transforms: transforms.map(({ mean, matrix }) => ({
      ...(mean && { mean: Array.from(mean) }),
      ...(matrix && { matrix: matrix.to2DArray() }),
    })),
  };
}

function normalizationOf({ options, cohort }: Backend): Pick<PageScoring, 'cohort'> {
  const { normalize, top, deviation } = options;
  if (normalize === 'none' || !cohort) return {};
  const count = normalize === 'as-norm' ? Math.min(top, cohort.size) : cohort.size;
  return { cohort: { normalize, top: count, sample: deviation === 'sample' } };
}

function unitVectors(members: Iterable<[string, ArrayLike<number>]>): Uint8Array {
  const values = Array.from(members, ([, vector]) => {
    const length = Math.hypot(...Array.from(vector));
    return Float32Array.from(vector, (value) => value / length);
  });
  return Buffer.concat(values.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)));
}
