/**
 * @file Corpus `pool`: several corpora trained on together, as recipes of the field pool VoxCeleb1, VoxCeleb2 and
 * CN-Celeb.
 *
 *     corpus:
 *       type: pool
 *       of:
 *         wsj: { type: wsj0, source: …, lists: … }
 *         ls: { type: librispeech, source: … }
 *       test: [wsj]
 *       exclude: { ls: [446, 6455] }
 *
 * Every part is read by its own reader and checked by itself. Ids, speakers, sessions and models then get its name in
 * front (`wsj/011c0201` by `wsj/011`), so that equal names of two parts are two things. Test utterances of parts whose
 * trials are not used stay out, unless `trainOnTest` says that they are trained on.
 * NOTE: who speaks in two parts cannot be known from names; such speakers have to be named in `exclude`, or the test is
 * not of unseen speakers.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import type { CorpusReader, PrepareContext, PreparedCorpus } from './corpus-reader.js';
import { compareIds, type Split, type Utterance } from '../manifest/manifest.js';
import { counted, firstOf } from '../../problem-list.js';
import type { Enrolment } from '../trials/enrolment.js';
import type { Trial } from '../trials/trials.js';

/** Keys of other corpora, which flags of the command line set. */
const OF_PARTS = ['source', 'source2', 'lists', 'allowMissing', 'allowPipes'] as const;

const ofParts = Object.fromEntries(
  OF_PARTS.map((key) => [
    key,
    z
      .custom<undefined>((value) => value === undefined, {
        error: `a pool has no ${key} of its own: expected --set corpus.of.NAME.${key}=… for a part`,
      })
      .optional(),
  ]),
) as Record<(typeof OF_PARTS)[number], z.ZodOptional<z.ZodCustom<undefined>>>;

/** YAML takes names of digits for numbers. */
const speakerName = z.union([z.string().min(1), z.int().min(0).transform(String)], { error: 'expected a speaker' });

const partName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'expected a name of letters, digits, - and _');

interface PartOptions {
  type: string;
}

/** The readers' options in one, and how a corpus is read with them. */
interface Readers<Part extends PartOptions> {
  part: z.ZodType<Part>;
  prepare(options: Part, context: PrepareContext): Promise<PreparedCorpus>;
}

/** NOTE: the readers are given, as the registry that has them needs this one too. */
export function createPoolReader<Part extends PartOptions>({ part, prepare }: Readers<Part>) {
  const options = z
    .strictObject({
      type: z.literal('pool'),
      /** The corpora, by the names that they have in ids. */
      of: z.record(partName, part),
      /** Parts whose test trials are used; default: all that have some, but those of `trainOnTest`. */
      test: z.array(z.string()).min(1).optional(),
      /** Speakers that are not trained on, by part: those who speak, under other names, in the test of another part. */
      exclude: z.record(z.string(), z.array(speakerName).min(1)).optional(),
      /** Parts whose test trials are not used, and whose test speakers are trained on. */
      trainOnTest: z.array(z.string()).min(1).optional(),
      ...ofParts,
    })
    .superRefine(checkNames);
  type Options = z.infer<typeof options>;

  return {
    type: 'pool' as const,
    options,
    async prepare(pool: Options, context: PrepareContext): Promise<PreparedCorpus> {
      const parts: PreparedPart[] = [];
      for (const [name, given] of Object.entries(pool.of)) {
        const trainOnTest = pool.trainOnTest?.includes(name) ?? false;
        const tested = pool.test?.includes(name) ?? !trainOnTest;
        const own: PrepareContext = {
          ...context,
          audioDir: join(context.audioDir, name),
          ...(!tested && { makeTrials: false }),
        };
        const corpus = await prepare(given, own).catch((error: unknown) => {
          throw error instanceof UserError ? new UserError(asOfPart(name, error.message), { cause: error }) : error;
        });
        const excluded = new Set(pool.exclude?.[name]);
        checkSpeakers(name, corpus, excluded);
        const hasTrials = corpus.trials !== undefined;
        parts.push(preparePart({ name, corpus, excluded, tested: tested && hasTrials, trainOnTest }));
      }
      const untested = pool.test?.find((name) => !parts.find((each) => each.name === name)!.tested);
      if (untested !== undefined) {
        throw new UserError(
          `corpus.test: the part ${untested} has no test trials; take it out, or name its test speakers`,
        );
      }
      return joinParts(parts);
    },
  } satisfies CorpusReader<typeof options>;
}

/** What only the whole of a pool's options can get wrong. */
function checkNames(
  {
    of,
    test,
    exclude,
    trainOnTest,
  }: { of: Record<string, unknown>; test?: string[]; exclude?: Record<string, unknown>; trainOnTest?: string[] },
  context: z.RefinementCtx,
): void {
  const known = Object.keys(of);
  const complain = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (known.length === 0) complain(['of'], 'expected the corpora that are pooled, by name; there is none');
  for (const [key, names] of Object.entries({ test, trainOnTest })) {
    names?.forEach((name, index) => {
      if (!known.includes(name)) complain([key, index], `expected a part of the pool (${known.join(', ')})`);
    });
  }
  for (const name of Object.keys(exclude ?? {})) {
    // Messages say what a list is, and that says nothing here.
    if (!known.includes(name)) complain(['exclude'], `no part "${name}" in the pool: expected ${known.join(' or ')}`);
  }
  trainOnTest?.forEach((name, index) => {
    if (!known.includes(name) || !test?.includes(name)) return;
    complain(['trainOnTest', index], 'expected a part whose test trials are not used, which corpus.test does not name');
  });
}

/** A message of a part's reader, which takes its options for the recipe's `corpus` and knows flags that set them. */
function asOfPart(name: string, message: string): string {
  const ofPart = message
    .replace(/Pass --[\w-]+ DIR or --set/g, 'Pass --set')
    .replace(/--[\w-]+ \((corpus\.\w+)\)/g, '$1')
    .replace(/(?<![\w/.])corpus\.(?!jsonl?\b)(?=[a-z])/g, `corpus.of.${name}.`);
  return `part ${name} of the pool: ${ofPart}`;
}

interface PreparedPart {
  name: string;
  utterances: Utterance[];
  /** Whether its trials are used. */
  tested: boolean;
  trials: Trial[];
  enrolment?: Enrolment;
  notes: string[];
  speakersOverlap: boolean;
  partial?: string;
}

/** @throws UserError for speakers to exclude who are not there */
function checkSpeakers(name: string, { utterances }: PreparedCorpus, excluded: ReadonlySet<string>): void {
  const known = new Set(utterances.map(({ speaker }) => speaker));
  const unknown = [...excluded].filter((speaker) => !known.has(speaker));
  if (unknown.length === 0) return;
  const some = [...known].sort(compareIds);
  throw new UserError(
    `corpus.exclude.${name}: ${counted(unknown.length, 'speaker is', 'speakers are')} not in the part: ${firstOf(unknown)}\n` +
      `Its ${counted(some.length, 'speaker is', 'speakers are')} ${firstOf(some)}. A name that begins with 0 needs quotes.`,
  );
}

function preparePart({
  name,
  corpus,
  excluded,
  tested,
  trainOnTest,
}: {
  name: string;
  corpus: PreparedCorpus;
  excluded: ReadonlySet<string>;
  tested: boolean;
  trainOnTest: boolean;
}): PreparedPart {
  const named = (text: string) => `${name}/${text}`;
  const splitOf = ({ split }: Utterance): Split | undefined => {
    if (split !== 'test' || tested) return split;
    return trainOnTest ? 'train' : undefined;
  };
  const isExcluded = (utterance: Utterance) => {
    const split = splitOf(utterance);
    return split !== undefined && split !== 'test' && excluded.has(utterance.speaker);
  };
  const utterances = corpus.utterances.flatMap((utterance): Utterance[] => {
    const split = splitOf(utterance);
    if (split === undefined || isExcluded(utterance)) return [];
    const { id, speaker, session } = utterance;
    const own = { id: named(id), speaker: named(speaker), ...(session !== undefined && { session: named(session) }) };
    return [{ ...utterance, ...own, split }];
  });
  const trained = utterances.filter(({ split }) => split === 'train');
  if (trained.length === 0) {
    throw new UserError(
      `corpus.of.${name}: the part has no training utterances` +
        (excluded.size > 0 ? ` but those of the ${counted(excluded.size, 'speaker')} in corpus.exclude.${name}` : '') +
        '\nTake it out of the pool, or give it training speakers.',
    );
  }
  const unused = corpus.utterances.filter((utterance) => splitOf(utterance) === undefined);
  const { enrolment, trials = [], speakersOverlap = false, partial } = corpus;
  return {
    name,
    utterances,
    tested,
    trials: tested
      ? trials.map(({ enroll, test, target }) => ({ enroll: named(enroll), test: named(test), target }))
      : [],
    ...(tested &&
      enrolment && { enrolment: new Map(Array.from(enrolment, ([model, ids]) => [named(model), ids.map(named)])) }),
    notes: [
      `${name}: ${describeSpeakers(trained)} in training` +
        (tested
          ? `, ${describeSpeakers(utterances.filter(({ split }) => split === 'test'))} in the test, ${counted(trials.length, 'trial')}`
          : ''),
      ...(excluded.size > 0 ? [`${name}: ${describeExcluded(corpus.utterances.filter(isExcluded), excluded)}`] : []),
      ...(unused.length > 0
        ? [
            `${name}: ${describeSpeakers(unused)} of its test are neither trained on nor tested, its own trials are not used`,
          ]
        : []),
      ...corpus.notes.map((note) => `${name}: ${note}`),
    ],
    speakersOverlap: tested && speakersOverlap,
    ...(partial !== undefined && { partial }),
  };
}

function describeExcluded(utterances: readonly Utterance[], excluded: ReadonlySet<string>): string {
  const others = excluded.size - new Set(utterances.map(({ speaker }) => speaker)).size;
  const rest = others > 0 ? `; ${others} more of those named would not be trained on anyway` : '';
  return `${describeSpeakers(utterances)} excluded from training${rest}`;
}

const describeSpeakers = (utterances: readonly Utterance[]): string =>
  `${counted(new Set(utterances.map(({ speaker }) => speaker)).size, 'speaker')} with ${counted(utterances.length, 'utterance')}`;

function joinParts(parts: readonly PreparedPart[]): PreparedCorpus {
  const trials = parts.flatMap((part) => part.trials);
  const partial = parts.flatMap((part) => (part.partial === undefined ? [] : [`${part.name}: ${part.partial}`]));
  return {
    utterances: parts.flatMap((part) => part.utterances),
    ...(parts.some(({ tested }) => tested) && { trials }),
    ...(parts.some(({ enrolment }) => enrolment) && { enrolment: joinEnrolments(parts) }),
    notes: parts.flatMap(({ notes }) => notes),
    partOf: ({ id }) => id.slice(0, id.indexOf('/')),
    ...(parts.some((part) => part.speakersOverlap) && { speakersOverlap: true }),
    ...(partial.length > 0 && { partial: partial.join('; ') }),
  };
}

/** With a map every enrolment id is a model: in parts without one, an utterance is a model of itself. */
function joinEnrolments(parts: readonly PreparedPart[]): Enrolment {
  return new Map(
    parts.flatMap(({ trials, enrolment }): (readonly [string, readonly string[]])[] =>
      enrolment ? [...enrolment] : [...new Set(trials.map(({ enroll }) => enroll))].map((id) => [id, [id]]),
    ),
  );
}
