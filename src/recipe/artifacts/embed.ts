/**
 * @file What stages `embed/<run>` and `embed-train/<run>` write: embeddings as Kaldi vectors; `embed` also its speed.
 */
import { z } from 'zod';
import { jsonArtifact, pathsIn, runAgain } from './json-artifact.js';

export const EMBED = { embeddings: 'embeddings.ark', index: 'embeddings.scp' } as const;

/** What stage `embeddings` writes beside its archives. */
export const EMBEDDINGS = { table: 'embeddings.scp' } as const;

export const embedFiles = (folder: string) => pathsIn(folder, EMBED);

/** Time in the network for so many frames. */
const extractionSpeed = z.object({ utterances: z.number(), frames: z.number(), seconds: z.number() });
export type ExtractionSpeed = z.infer<typeof extractionSpeed>;

export const speedRecord = jsonArtifact('speed.json', { schema: extractionSpeed, remedy: runAgain('embed') });
