/**
 * @file A name for what a trial list asks, by which two people see whether they used the same list.
 *
 * It is the SHA-256 of the trials as `enroll test target|nontarget` lines, sorted by their bytes: format, order of
 * lines, line endings and compression do not matter; labels, repeats and the two sides do. The same by other means:
 *
 *     acanet trials convert LIST --to kaldi | LC_ALL=C sort | sha256sum
 *
 * The fingerprint of an enrolment map is made likewise, of its `model utt1 utt2 …` lines with each model's utterances
 * sorted.
 */
import { createHash } from 'node:crypto';
import type { Enrolment } from './enrolment.js';
import { labelOf } from './trial-formats.js';
import type { Trial } from './trials.js';

export const trialFingerprint = (trials: readonly Trial[]): string =>
  hashSorted(trials.map(({ enroll, test, target }) => `${enroll} ${test} ${labelOf(target)}\n`));

export const enrolmentFingerprint = (enrolment: Enrolment): string =>
  hashSorted(Array.from(enrolment, ([model, utterances]) => `${[model, ...sortBytes([...utterances])].join(' ')}\n`));

function hashSorted(lines: string[]): string {
  const hash = createHash('sha256');
  for (const line of sortBytes(lines)) hash.update(line, 'utf8');
  return hash.digest('hex');
}

/** In the order of the UTF-8 bytes; it is that of the UTF-16 units unless there are surrogates. */
function sortBytes(lines: string[]): string[] {
  if (!lines.some((line) => /[\ud800-\udfff]/.test(line))) return lines.sort();
  return lines.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
