/** @file What a corpus reader is: from a source folder and options to utterances, trials and notes for the log. */
import { sep } from 'node:path';
import type { z } from 'zod';
import { UserError } from '../../errors.js';
import { realPath } from '../../storage/overwriting.js';
import type { Enrolment } from '../trials/enrolment.js';
import type { Utterance } from '../manifest/manifest.js';
import type { Trial } from '../trials/trials.js';

/** What a reader is given besides its options. */
export interface PrepareContext {
  /** Where generated audio goes; must outlive the manifest, which points into it. */
  audioDir: string;
  /** Whether test trials are to be made where no list gives them; default true. */
  makeTrials?: boolean;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

export interface PreparedCorpus {
  utterances: Utterance[];
  trials?: Trial[];
  /** The models that the trials enroll, where they are models of several utterances; of test utterances only. */
  enrolment?: Enrolment;
  /** What the user should know: what was found, assumed and left out. One sentence each. */
  notes: string[];
  /** Of several corpora in one: the one that an utterance is of. Trials are within each. */
  partOf?: (utterance: Utterance) => string;
  /** Set where the corpus has speakers in training and test on purpose; otherwise that is an error. */
  speakersOverlap?: boolean;
  /** Set where this is less, or other, than the published protocol: one sentence that every result then carries. */
  partial?: string;
}

/** One corpus type. `options` is a strict object with the literal `type`. */
export interface CorpusReader<Options extends z.ZodType = z.ZodType> {
  type: string;
  options: Options;
  /** The places that its options must name (`source`, `lists`), and what is expected there. */
  places?: Readonly<Partial<Record<PlaceKey, string>>>;
  /** What is spoken in it, where every corpus of this type has the same. */
  language?: string;
  /** The published protocol that a corpus of this type is, unless it is marked as `partial`. */
  protocol?: string;
  /** Reads the corpus; throws UserError, naming files, where it is not what the reader expects. */
  prepare(options: z.infer<Options>, context: PrepareContext): Promise<PreparedCorpus>;
}

/** Options that name a place on this machine, which only the user can know. */
type PlaceKey = 'source' | 'lists';

/** What is said of a place that is not named. @param corpus the corpus's key in the recipe */
export const unsetPlace = (key: PlaceKey, what: string, corpus = 'corpus'): string =>
  `${corpus}.${key} is not set: expected ${what}\nPass ${corpus === 'corpus' ? `--${key} DIR or ` : ''}--set ${corpus}.${key}=DIR.`;

/** A place that the options name. @throws UserError where they do not */
export function requirePlace(key: PlaceKey, place: string | undefined, what: string): string {
  if (place !== undefined && place !== '') return place;
  throw new UserError(unsetPlace(key, what));
}

/** @throws UserError where a second folder of the corpus is the first one, or lies in it: its recordings would be there twice */
export function refuseSecondWithin(first: string, second: string): void {
  const [outer, inner] = [first, second].map((folder) => realPath(folder) + sep);
  if (!inner.startsWith(outer)) return;
  throw new UserError(
    `corpus.source2: ${second} ${inner === outer ? 'is corpus.source itself' : `lies in corpus.source, ${first}, which is read whole`}\n  leave corpus.source2 out`,
  );
}

export const requireSource = (source: string | undefined, what: string): string => requirePlace('source', source, what);
