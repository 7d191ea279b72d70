/**
 * @file The scoring profile of a model folder: what is needed to compare two voices with the model, and on what the
 * model was trained. It lies beside the weights:
 *
 *     scoring.json    back-end, calibration, thresholds, figures on the development trials, facts of the training
 *     training.ark    embeddings of training utterances [dim], of which means, cohorts and back-ends are made
 *     utt2spk         `utterance speaker` lines of these embeddings
 *     cohort.ark      the cohort, where the recipe took it from elsewhere
 *
 * A folder without `scoring.json` (imported weights, an earlier version) is still a model folder: it embeds, and its
 * scores have no threshold.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../../errors.js';
import { writeJsonAtomic } from '../../storage/atomic-write.js';
import { sealed, unsealed } from '../../storage/sealed-json.js';
import { checkAsWritten, DamagedFile, damageOf, recordFiles } from '../../storage/written-files.js';
import { scoringOptions } from '../backend/backend-options.js';

export const PROFILE = {
  description: 'scoring.json',
  embeddings: 'training.ark',
  speakers: 'utt2spk',
  cohort: 'cohort.ark',
} as const;

/** The weights that a profile belongs to. */
const WEIGHTS = 'model.safetensors';

const rate = z.number().min(0).max(1);

/** Where to accept from, for a share of targets among the trials and the costs of both errors. */
const decisionPoint = z.object({
  pTarget: z.number().gt(0).lt(1),
  cMiss: z.number().positive(),
  cFalseAlarm: z.number().positive(),
  /** Accept scores of this and more, before calibration; null: accept nothing. */
  threshold: z.number().nullable(),
  /** `calibration`: ln(C_fa (1 − p) / (C_miss p)) as a score. `trials`: what cost least on the development trials. */
  from: z.enum(['calibration', 'trials']),
  /** Errors on the development trials. */
  miss: rate,
  falseAlarm: rate,
});
export type DecisionPoint = z.infer<typeof decisionPoint>;

/** What the development trials have taught. */
const development = z.object({
  trials: z.int().positive(),
  targets: z.int().positive(),
  nontargets: z.int().positive(),
  speakers: z.int().positive(),
  eer: rate,
  /** At a target prior of 0.01. */
  minDcf: z.number().min(0),
});

const calibration = z.object({
  /** llr = offset + weight · score, a natural log-likelihood ratio. */
  weight: z.number().positive(),
  offset: z.number(),
  /** The prior that it was trained for. */
  prior: z.number().gt(0).lt(1),
  /** The development trials were separated without error, so the scale of the ratios is arbitrary. */
  separable: z.boolean(),
});

const trainingFacts = z.object({
  /** Names of the corpora, as their readers are called. */
  corpora: z.array(z.string()).min(1),
  /** The sentence that marks the corpus as a part of what was published. */
  partial: z.string().optional(),
  /** `English`; absent where it is not known. */
  language: z.string().optional(),
  speakers: z.int().positive(),
  utterances: z.int().positive(),
  hours: z.number().positive(),
  /** Of the audio, in Hz, before it was brought to the rate of the features. */
  sampleRates: z.array(z.number()),
  augmented: z.boolean(),
  recipe: z.string(),
  system: z.string(),
  seed: z.int(),
});

const profile = z.object({
  /** How the development trials were scored, and how scores are made unless another back-end is asked for. */
  scoring: scoringOptions,
  /** Absent where the development trials could not teach one; `noCalibration` then says why. */
  calibration: calibration.optional(),
  noCalibration: z.string().optional(),
  /** Absent where there are no development trials of both kinds. */
  development: development.optional(),
  /** Ascending by `pTarget`; empty where there is no `development`. */
  decisions: z.array(decisionPoint),
  /** What `training.ark` holds. */
  embeddings: z.object({
    utterances: z.int().positive(),
    speakers: z.int().positive(),
    /** Drawn from the training utterances for this folder; else all that the recipe's back-end is made of. */
    drawn: z.boolean(),
  }),
  trained: trainingFacts,
});
export type ScoringProfile = z.infer<typeof profile>;

const writtenProfile = profile.extend({
  files: z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string() })),
});

/** Writes `scoring.json`, once the other files lie in the folder: it records what they are. */
export function writeScoringProfile(dir: string, content: ScoringProfile): void {
  const others = [WEIGHTS, PROFILE.embeddings, PROFILE.speakers, PROFILE.cohort];
  const files = recordFiles(
    dir,
    others.filter((file) => existsSync(join(dir, file))),
  );
  writeJsonAtomic(join(dir, PROFILE.description), sealed({ ...content, files }));
}

/**
 * The profile of a model folder; undefined where it has none.
 * @throws UserError where it is damaged, or one of its files is not what it was written with
 */
export function readScoringProfile(dir: string): ScoringProfile | undefined {
  const path = join(dir, PROFILE.description);
  if (!existsSync(path)) return undefined;
  checkAsWritten(path);
  const damaged = (what: string) =>
    new DamagedFile(`${path}: damaged, ${what}\n  make or copy the model folder again`, path);
  let content: unknown;
  try {
    const { value, sealed: seal } = unsealed(JSON.parse(readFileSync(path, 'utf8')));
    if (seal === 'broken') throw damaged('something in it has changed since it was written');
    content = value;
  } catch (error) {
    throw error instanceof UserError ? error : damaged(messageOf(error));
  }
  const result = writtenProfile.safeParse(content);
  if (!result.success) {
    const [{ path: at, message }] = result.error.issues;
    throw damaged(`${message}${at.length > 0 ? ` at ${at.join('.')}` : ''}`);
  }
  const { files, ...read } = result.data;
  for (const [file, expected] of Object.entries(files)) {
    const problem = damageOf(join(dir, file), expected);
    if (problem === undefined) continue;
    throw new DamagedFile(
      `${join(dir, file)}: ${problem}\n  make or copy the model folder again: this is not the file of its ${PROFILE.description}`,
      join(dir, file),
    );
  }
  return read;
}

/** Of which embeddings of a model folder a back-end is made: an archive, and who speaks in it. */
export function profileSources(
  dir: string,
  { scoring }: Pick<ScoringProfile, 'scoring'>,
): { trainingArchive: string; speakersFile: string; scoring: ScoringProfile['scoring'] } {
  const { cohort } = scoring;
  const from = cohort.from === PROFILE.cohort ? join(dir, PROFILE.cohort) : cohort.from;
  return {
    trainingArchive: join(dir, PROFILE.embeddings),
    speakersFile: join(dir, PROFILE.speakers),
    scoring: { ...scoring, cohort: { ...cohort, from } },
  };
}
