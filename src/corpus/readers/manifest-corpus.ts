/**
 * @file Corpus `manifest`: one's own manifest, as `acanet data` makes and mends it.
 *
 * Description: one line of JSON for each utterance (`manifest.ts`); paths may be relative to the manifest's folder.
 * Licence: the user's own.
 * Split: the manifest's own `split` fields. `test` may name a second manifest, all of which is then the test; where
 * nothing is of the split `test`, the test speakers are chosen as for the corpus `folder` (`testSpeakers`, those of the
 * trial list, a seeded share). Trials come from a list (`trials: FILE`) or are made.
 */
import { resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { requireSource, type CorpusReader } from './corpus-reader.js';
import { readCheckedManifest } from '../manifest/manifest-lines.js';
import type { Split, Utterance } from '../manifest/manifest.js';
import { firstOf } from '../../problem-list.js';
import { splitOffTest, testSplitOptions } from './test-split.js';

const manifestOptions = z.strictObject({
  type: z.literal('manifest'),
  /** The manifest. */
  source: z.string().optional(),
  /** A manifest of the test utterances; `source` then has none. */
  test: z.string().optional(),
  ...testSplitOptions,
});

const PLACES = { source: 'a manifest (manifest.jsonl)' };

export const manifestReader: CorpusReader<typeof manifestOptions> = {
  type: 'manifest',
  options: manifestOptions,
  places: PLACES,
  async prepare(options, context) {
    const source = resolve(requireSource(options.source, PLACES.source));
    const given = readCheckedManifest(source);
    const utterances =
      options.test === undefined ? given : [...given, ...readTestManifest(resolve(options.test), given)];
    // Without any test utterance the manifest says nothing about who is tested: its training lines are open.
    const open = options.testSpeakers !== undefined || !utterances.some(({ split }) => split === 'test');
    const splitOf = ({ split }: Utterance): Split | undefined => (open && split === 'train' ? undefined : split);
    const { listed, trialsOf, notes } = await splitOffTest(
      utterances.map((utterance) => ({ ...utterance, split: splitOf(utterance) })),
      options,
      { ...context, where: source },
    );
    const { notes: trialNotes, ...tests } = trialsOf(listed);
    return { utterances: listed, ...tests, notes: [...notes, ...trialNotes] };
  },
};

/** All of another manifest as test utterances. */
function readTestManifest(path: string, given: readonly Utterance[]): Utterance[] {
  const marked = given.filter(({ split }) => split === 'test');
  if (marked.length > 0) {
    throw new UserError(
      `corpus.test: ${path} is to be the test, but ${marked.length} utterances of corpus.source are of the split test ` +
        `too: ${firstOf(marked.map(({ id }) => id))}`,
    );
  }
  return readCheckedManifest(path).map((utterance) => ({ ...utterance, split: 'test' }));
}
