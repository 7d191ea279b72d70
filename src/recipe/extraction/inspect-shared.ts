/**
 * @file Listening to utterances, a share of which each of several processes may have done before: as pieces in the
 * folder of shares.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { internal } from '../../errors.js';
import {
  inspectAudio,
  type AudioInspection,
  type InspectAudioOptions,
  type InspectionProgress,
} from '../../corpus/inspection/audio-inspection.js';
import { readInspectionPiece, writeInspectionPiece } from '../../corpus/inspection/inspection-pieces.js';
import { threadsOfJob } from '../../engine/create-engine.js';
import type { Utterance } from '../../corpus/manifest/manifest.js';
import type { Reporting } from '../../tasks/model-work.js';
import type { StageContext, WorkShare } from '../running/stage.js';
import { itemsIn, piecesOfShare, planPieces, type WorkPiece } from '../running/work-pieces.js';

type Shares = Pick<StageContext, 'sharesFolder' | 'inputHash'>;

const piecesOf = (utterances: readonly Utterance[], { inputHash: input }: Shares) =>
  planPieces(utterances, { prefix: 'inspection', input });

const pathOf = ({ sharesFolder }: Shares, { name }: WorkPiece) => join(sharesFolder, `${name}.jsonl`);

const readPiece = (shares: Shares, piece: WorkPiece) =>
  readInspectionPiece(pathOf(shares, piece), { input: piece.input, count: piece.to - piece.from });

/** Listens to a share of the utterances. */
export async function inspectShare(
  utterances: readonly Utterance[],
  { log, progress, signal, ...shares }: Shares & Reporting,
  share: WorkShare,
): Promise<void> {
  const pieces = piecesOfShare(piecesOf(utterances, shares), share);
  const missing = pieces.filter((piece) => readPiece(shares, piece) === undefined);
  const inspection = inspectAudio(
    missing.flatMap(({ from, to }) => utterances.slice(from, to)),
    { signal, threads: threadsOfJob(), onProgress: ({ done, total }) => progress('inspect', done, total) },
  );
  for (const piece of missing) {
    const results: AudioInspection[] = [];
    while (results.length < piece.to - piece.from) {
      const { value } = await inspection.next();
      if (!value) throw internal('fewer results than utterances');
      results.push(value);
    }
    // Who puts the pieces together listens again to what cannot be used: it may have been mended by then.
    const usable = results.every((result) => !('problem' in result));
    if (usable) writeInspectionPiece(pathOf(shares, piece), piece.input, results);
  }
  await inspection.next();
  const there = pieces.length - missing.length;
  log(`  ${itemsIn(pieces)} utterances in ${pieces.length} pieces, of which ${there} were there`);
}

/** What shares have measured of the utterances, in their order, and by listening what they have not. */
export async function* inspectShared(
  utterances: readonly Utterance[],
  shares: Shares,
  { onProgress, ...given }: InspectAudioOptions = {},
): AsyncGenerator<AudioInspection, void> {
  const options = { ...given, threads: threadsOfJob() };
  if (!existsSync(shares.sharesFolder)) return yield* inspectAudio(utterances, { ...options, onProgress });
  let [done, seconds] = [0, 0];
  let waiting: Utterance[] = [];
  async function* listen() {
    const before = { done, seconds };
    const tell = (heard: InspectionProgress) => {
      [done, seconds] = [before.done + heard.done, before.seconds + heard.audioSeconds];
      onProgress?.({ done, total: utterances.length, audioSeconds: seconds });
    };
    if (waiting.length > 0) yield* inspectAudio(waiting, { ...options, onProgress: tell });
    waiting = [];
  }
  for (const piece of piecesOf(utterances, shares)) {
    const there = readPiece(shares, piece);
    if (there) {
      yield* listen();
      yield* there;
      done += there.length;
    } else waiting.push(...utterances.slice(piece.from, piece.to));
  }
  yield* listen();
}
