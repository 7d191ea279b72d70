/**
 * @file Corpora that recipes are written for but that no reader reads yet.
 *
 * Their recipes load, so that everything but `prep` can be looked at; `prep` says what is missing. Once a reader is in
 * `corpus/registry.ts`, its entry here goes.
 */
import { z } from 'zod';
import type { CorpusOptions } from '../corpus/registry.js';
import { UserError } from '../errors.js';

export const pendingCorpora = [
  z.strictObject({
    type: z.literal('wsj0'),
    /** The folder with the WSJ0 discs. */
    source: z.string().optional(),
    /** A clone of the WSJ0-1talker lists. */
    lists: z.string().optional(),
  }),
] as const;
export type PendingCorpus = z.infer<(typeof pendingCorpora)[number]>;

/** The corpus, if there is a reader for it. @throws UserError otherwise */
export function readableCorpus(corpus: CorpusOptions | PendingCorpus): CorpusOptions {
  if (corpus.type !== 'wsj0') return corpus;
  throw new UserError(
    'corpus wsj0: this version of acanet cannot read the WSJ0 discs yet (SPHERE files with shorten compression)\n' +
      '  as WAV or FLAC files in speaker/…/utterance folders it can be read with --set corpus="{type: folder, source: DIR}"',
  );
}
