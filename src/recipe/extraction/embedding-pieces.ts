/**
 * @file Pieces of embeddings: each an archive with its table and a record, `embeddings-00001.ark`, `.scp`, `.json`. The
 * record is written last; a piece counts while it was made of the same input.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { internal } from '../../errors.js';
import { damageOf } from '../../storage/written-files.js';
import type { Embeddings } from '../../scoring/backend/cosine.js';
import { readEmbeddings, writeEmbeddings } from '../../scoring/backend/embedding-archive.js';
import { jsonArtifact } from '../artifacts/json-artifact.js';
import type { WorkPiece } from '../running/work-pieces.js';

const recordOf = (name: string) =>
  jsonArtifact(`${name}.json`, {
    schema: z.object({ input: z.string(), utterances: z.number(), bytes: z.number(), sha256: z.string() }),
    remedy: () => 'remove the file, and give the command again',
    seal: true,
  });

export const pieceFiles = ({ name }: Pick<WorkPiece, 'name'>): string[] => [
  ...[`${name}.ark`, `${name}.scp`, `${name}.json`],
];

/** Whether the piece lies in the folder, whole and made of this input. */
export function isFinished(folder: string, { name, input, from, to }: WorkPiece): boolean {
  if (!existsSync(join(folder, `${name}.json`)) || !existsSync(join(folder, `${name}.scp`))) return false;
  try {
    const { input: of, utterances, ...archive } = recordOf(name).read(folder);
    const same = of === input && utterances === to - from;
    return same && damageOf(join(folder, `${name}.ark`), archive) === undefined;
  } catch {
    return false; // damaged: it is made again
  }
}

export interface MakePiecesOptions {
  folder: string;
  pieces: readonly WorkPiece[];
  /** Embeds so much of the list. */
  embed: (from: number, to: number) => Promise<Embeddings>;
}

/** Makes those of the pieces that are not there. @returns how many were */
export async function makePieces({ folder, pieces, embed }: MakePiecesOptions): Promise<number> {
  const missing = pieces.filter((piece) => !isFinished(folder, piece));
  for (const { name, from, to, input } of missing) {
    const embeddings = await embed(from, to);
    if (embeddings.size !== to - from) throw internal(`${to - from} utterances gave ${embeddings.size} embeddings`);
    // A record of others must not outlive its archive.
    rmSync(join(folder, `${name}.json`), { force: true });
    const archive = writeEmbeddings(join(folder, `${name}.ark`), embeddings);
    recordOf(name).write(folder, { input, utterances: embeddings.size, ...archive });
  }
  return pieces.length - missing.length;
}

/** The tables of all pieces as one. */
export const joinedTable = (folder: string, pieces: readonly WorkPiece[]): string =>
  pieces.map(({ name }) => readFileSync(join(folder, `${name}.scp`), 'utf8')).join('');

export const readPiece = (folder: string, { name }: WorkPiece): Embeddings =>
  readEmbeddings(join(folder, `${name}.ark`));
