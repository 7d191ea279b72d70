/**
 * @file Which enrolled voice a recording is of, or none of them.
 *
 * `prior` is the probability that the speaker is among the n enrolled, all of them alike: each then has prior / n, and
 * the more voices there are, the more evidence a name needs.
 */
import type { DetectionCostOptions } from '../../scoring/measures/detection-cost.js';
import { decidePair, type PairDecision } from '../../scoring/profile/decide-pair.js';
import { backendName, whyNoCalibration } from './verify-files.js';
import { refuseOtherModels, type StoredVoice } from './voice-store.js';
import type { VoiceModel } from './voice-model.js';

export interface Candidate {
  name: string;
  score: number;
  recordings: number;
  /** Natural log-likelihood ratio, where the model has a calibration. */
  llr?: number;
}

export interface Identified {
  file: string;
  seconds: number;
  model: string;
  backend: string;
  /** The name; null: none of the enrolled. Absent where the model has no threshold. */
  speaker?: string | null;
  /** On the best candidate. */
  decision?: PairDecision;
  noCalibration?: string;
  voices: number;
  /** Best first. */
  candidates: Candidate[];
  notes: string[];
}

export interface IdentifyOptions {
  model: VoiceModel;
  voices: readonly StoredVoice[];
  store: string;
  file: string;
  channel?: number;
  costs: Required<DetectionCostOptions>;
}

/** @throws UserError for voices of another model, and for a recording that cannot be compared */
export async function identifyVoice({
  model,
  voices,
  store,
  file,
  channel,
  costs,
}: IdentifyOptions): Promise<Identified> {
  refuseOtherModels(voices, model, store);
  const { embedding, seconds, notes } = await model.embedFile(file, { channel });
  const embeddings = new Map([['test', embedding]]);
  const enrolment = new Map<string, string[]>();
  for (const { name, recordings } of voices) {
    const ids = recordings.map((_, i) => `${name}#${i}`);
    ids.forEach((id, i) => embeddings.set(id, Float32Array.from(recordings[i].embedding)));
    enrolment.set(name, ids);
  }
  const pairs = voices.map(({ name }) => ({ enroll: name, test: 'test' }));
  const scores = await model.score(pairs, embeddings, enrolment);
  const { profile } = model;
  const each = { ...costs, pTarget: costs.pTarget / voices.length };
  // Without a calibration there are thresholds for some priors only.
  const decide = (score: number) => profile && (decidePair(score, profile, each) ?? decidePair(score, profile, costs));
  const candidates = voices
    .map(({ name, recordings }, i): Candidate => {
      const llr = decide(scores[i])?.llr;
      return { name, score: scores[i], recordings: recordings.length, ...(llr !== undefined && { llr }) };
    })
    .sort((a, b) => b.score - a.score);
  const [best] = candidates;
  const decision = decide(best.score);
  const noCalibration = whyNoCalibration(model);
  const rivals = candidates.slice(1).filter((each) => decision?.same === true && decide(each.score)?.same === true);
  return {
    ...{ file, seconds, model: model.dir, backend: backendName(model) },
    ...(decision && { speaker: decision.same ? best.name : null, decision }),
    ...(noCalibration !== undefined && { noCalibration }),
    ...{ voices: voices.length, candidates, notes: [...notes, ...sayRivals(best, rivals)] },
  };
}

/** A recording is of one speaker: where several voices pass the threshold, the name is less sure than it seems. */
const sayRivals = ({ name }: Candidate, rivals: readonly Candidate[]): string[] =>
  rivals.length === 0
    ? []
    : [
        `${rivals.map((each) => each.name).join(', ')} would be named too if ${name} were not enrolled; it may be either`,
      ];
