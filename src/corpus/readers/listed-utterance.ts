/**
 * @file An utterance as a corpus's lists and folders give it, and the step from there to the manifest: reading headers.
 *
 * Every audio file is probed once, however many utterances lie in it. What a list says about time is checked against
 * the file: a piece that ends after its file is cut there if the excess is at most half a second, as Kaldi's
 * extract-segments does (rounding, encoder padding), and counted; more is an error.
 */
import type { AudioInfo } from '../../audio/probe.js';
import { describeAudio, probeAudioFiles } from './audio-files.js';
import type { PrepareContext } from './corpus-reader.js';
import type { Gender } from '../manifest/gender.js';
import type { Split, Utterance } from '../manifest/manifest.js';
import { counted, firstOf, throwProblems } from '../../problem-list.js';

const LARGEST_OVERSHOOT = 0.5;

export interface ListedUtterance {
  id: string;
  speaker: string;
  path: string;
  /** Seconds; both undefined for a whole file, `duration` undefined for the rest of it. */
  offset?: number;
  duration?: number;
  /** `offset` and `duration` are samples of the file instead. */
  inSamples?: boolean;
  /** From 0; default: the first one. */
  channel?: number;
  gender?: Gender;
  session?: string;
  split?: Split;
  /** `file:line` or the like, for messages. */
  where?: string;
}

/**
 * Probes the files and makes manifest records of the utterances, in their order.
 * Throws UserError listing every file that cannot be read and every piece that is not within its file.
 * @param where names the corpus in messages
 */
export async function toUtterances(
  listed: readonly (ListedUtterance & { split: Split })[],
  { corpus, where, context }: { corpus: string; where: string; context: Pick<PrepareContext, 'onProgress' | 'signal'> },
): Promise<{ utterances: Utterance[]; notes: string[] }> {
  const indexOf = new Map<string, number>();
  for (const { path } of listed) if (!indexOf.has(path)) indexOf.set(path, indexOf.size);
  const { onProgress, signal } = context;
  const infos = await probeAudioFiles([...indexOf.keys()], { where, onProgress, signal });
  const problems: string[] = [];
  const cut: string[] = [];
  const shared = sharedTexts();
  const utterances = listed.map((item): Utterance => {
    const info = infos[indexOf.get(item.path)!];
    const piece = pieceOf(item, info);
    if (typeof piece === 'string') problems.push(`${item.where ?? item.path}: ${item.id}: ${piece}`);
    else if (piece.overshoot > 0) cut.push(`${item.id} (${piece.overshoot.toFixed(3)} s)`);
    const time = typeof piece === 'string' ? {} : piece.time;
    const { id, speaker, path, gender, session, split } = item;
    return {
      id,
      speaker: shared(speaker),
      path,
      duration: info.duration,
      ...time,
      sampleRate: info.sampleRate,
      channels: info.channels,
      ...(info.channels > 1 ? { channel: item.channel ?? 0 } : {}),
      ...(gender ? { gender } : {}),
      ...(session ? { session: shared(session) } : {}),
      corpus,
      split,
    };
  });
  throwProblems(problems, { where, what: `of ${listed.length} utterances are not in their files` });
  return { utterances, notes: [...describeCut(cut), ...describeAudio(infosWithChoice(listed, infos, indexOf))] };
}

/** Gives one copy of equal texts: lists and paths make one for each utterance, of which there may be millions. */
function sharedTexts(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const first = known.get(text);
    if (first === undefined) known.set(text, text);
    return first ?? text;
  };
}

/** What of the file is meant; a text if that is not in the file. Times within a sample of the file's are the file's. */
function pieceOf(
  { inSamples = false, channel = 0, ...item }: ListedUtterance,
  { duration: whole, channels, sampleRate }: AudioInfo,
): string | { time: { offset?: number; duration?: number }; overshoot: number } {
  if (!(Number.isInteger(channel) && channel >= 0 && channel < channels))
    return `expected a channel from 0 to ${channels - 1}, got ${channel}`;
  if (item.offset === undefined && item.duration === undefined) return { time: {}, overshoot: 0 };
  const unit = inSamples ? 1 / sampleRate : 1;
  const offset = item.offset === undefined ? undefined : item.offset * unit;
  const duration = item.duration === undefined ? undefined : item.duration * unit;
  const from = offset ?? 0;
  const asked = duration ?? whole - from;
  const file = `the file has ${whole.toFixed(3)} s`;
  if (!(from >= 0)) return `expected a start of 0 s or later, got ${from} s`;
  if (!(asked > 0)) {
    return duration === undefined
      ? `expected a start before the file's end, got ${from} s; ${file}`
      : `expected a length above 0 s, got ${asked} s`;
  }
  const sample = 1 / sampleRate;
  const overshoot = from + asked - whole;
  if (overshoot > LARGEST_OVERSHOOT || from >= whole - sample)
    return `asked for ${asked} s from ${from} s, but ${file}`;
  if (from < sample / 2 && Math.abs(overshoot) < sample) return { time: {}, overshoot: 0 };
  const time = { offset: from, duration: overshoot > 0 ? whole - from : asked };
  return { time, overshoot: overshoot < sample ? 0 : overshoot };
}

function describeCut(cut: readonly string[]): string[] {
  if (cut.length === 0) return [];
  return [
    `${counted(cut.length, 'utterance')} listed as ending up to half a second after the file; cut: ${firstOf(cut)}`,
  ];
}

/** Files whose channel was chosen by the corpus's own lists need no note that the first one is taken. */
function infosWithChoice(
  listed: readonly ListedUtterance[],
  infos: readonly AudioInfo[],
  indexOf: ReadonlyMap<string, number>,
): AudioInfo[] {
  const chosen = new Set<number>();
  for (const { path, channel } of listed) if (channel !== undefined) chosen.add(indexOf.get(path)!);
  return infos.map((info, index) => (chosen.has(index) ? { ...info, channels: 1 } : info));
}
