/**
 * @file What listening to a corpus amounts to: how many utterances have which fault, with examples.
 *
 * A fault is either `fatal` (no features can be made of the utterance, or it is not what the manifest says) or
 * something to know about. One utterance may have several. The limits are below; they are wide, so that what they count
 * is worth listening to.
 */
import type { AudioInspection, InspectedAudio } from './audio-inspection-task.js';
import { compareIds, type Utterance } from '../manifest/manifest.js';
import { throwProblems } from '../../problem-list.js';

/** Seconds; below it training crops are mostly padding. */
const SHORT = 1;
/** dBFS over all samples, around their mean: nothing was recorded. */
export const SILENT = -70;
/** dBFS of the speech; 16-bit audio this low has less than 8 bits of it left. */
const FAINT = -50;
/** Shares of the samples. */
const CLIPPED = 0.001;
const FLAT = 0.1;
/** Of full scale. */
const OFFSET = 0.01;
/** Seconds; manifests are often rounded to the centisecond. */
const DURATION = 0.05;

const EXAMPLES = 3;

/** What the limits depend on. */
export interface InspectionLimits {
  /** Shortest audio that features can be made of, seconds. */
  shortest?: number;
  /** What the features expect, Hz. */
  sampleRate?: number;
  /** Audio of another rate is resampled, which is then worth counting but no fault. */
  resampled?: boolean;
}

export interface FaultCount {
  fault: string;
  fatal: boolean;
  utterances: number;
  /** Of the inspected utterances. */
  share: number;
  /** The worst, worst first: `id (measure)`; empty where nothing is wrong with it. */
  worst: string[];
}

export interface InspectionSummary {
  inspected: number;
  /** Utterances of the corpus; more than `inspected` where a sample was taken. */
  of: number;
  audioSeconds: number;
  faults: FaultCount[];
  /** 5th, 50th and 95th percentile of the active levels, dBFS; null where nothing could be read. */
  activeLevel: [number, number, number] | null;
}

interface Fault {
  fault: string;
  fatal?: boolean;
  /** Counted, but nothing is wrong with it. */
  harmless?: boolean;
  /** How bad it is (larger is worse) and how to say so; undefined where the utterance does not have it. */
  find(audio: InspectedAudio, utterance: Utterance): { badness: number; says: string } | undefined;
}

function faultsOf({ shortest = 0.025, sampleRate, resampled = false }: InspectionLimits): Fault[] {
  const seconds = (value: number) => `${Number(value.toPrecision(3))} s`;
  const percent = (share: number) => `${(100 * share).toPrecision(2)} %`;
  const when = (condition: boolean, badness: number, says: () => string) =>
    condition ? { badness, says: says() } : undefined;
  return [
    {
      fault: `shorter than a frame (${Number((1000 * shortest).toPrecision(4))} ms)`,
      fatal: true,
      find: ({ duration }) => when(duration < shortest - 1e-9, -duration, () => seconds(duration)),
    },
    {
      fault: 'rate differs from the manifest',
      fatal: true,
      find: (audio, utterance) =>
        when(audio.sampleRate !== utterance.sampleRate, 1, () => `${audio.sampleRate} Hz, not ${utterance.sampleRate}`),
    },
    ...(sampleRate === undefined
      ? []
      : [
          {
            fault: resampled ? `resampled to ${sampleRate} Hz` : `rate is not ${sampleRate} Hz`,
            harmless: resampled,
            find: (audio: InspectedAudio) => when(audio.sampleRate !== sampleRate, 1, () => `${audio.sampleRate} Hz`),
          },
        ]),
    {
      fault: `shorter than ${SHORT} s`,
      find: ({ duration }) => when(duration < SHORT, -duration, () => seconds(duration)),
    },
    {
      fault: 'file longer than the manifest says',
      find: ({ fileDuration }, { offset, duration }) =>
        when(offset === undefined && fileDuration - duration > DURATION, fileDuration - duration, () =>
          seconds(fileDuration - duration),
        ),
    },
    {
      fault: `silence only (level below ${SILENT} dBFS)`,
      find: ({ level }) => when(level < SILENT, -level, () => `${level.toFixed(0)} dBFS`),
    },
    {
      fault: `faint (speech below ${FAINT} dBFS)`,
      find: ({ level, activeLevel }) =>
        when(level >= SILENT && activeLevel < FAINT, -activeLevel, () => `${activeLevel.toFixed(0)} dBFS`),
    },
    {
      fault: `digital silence in over ${100 * FLAT} %`,
      find: ({ level, flat }) => when(level >= SILENT && flat > FLAT, flat, () => percent(flat)),
    },
    {
      fault: `clipped (over ${100 * CLIPPED} % of samples)`,
      find: ({ clipped }) => when(clipped > CLIPPED, clipped, () => percent(clipped)),
    },
    {
      fault: 'beyond full scale (float)',
      find: ({ peak }) => when(peak > 0.01, peak, () => `peak ${peak.toFixed(1)} dBFS`),
    },
    {
      fault: `DC offset above ${100 * OFFSET} %`,
      find: ({ dcOffset }) => when(Math.abs(dcOffset) > OFFSET, Math.abs(dcOffset), () => percent(dcOffset)),
    },
  ];
}

const UNREADABLE = 'unreadable (missing, damaged, NaN)';

/** Takes one result after the other, beside its utterance. */
export interface InspectionTally {
  /** @returns the fatal faults of this one */
  add(result: AudioInspection, utterance: Utterance): string[];
  /** `of`: how many utterances the corpus has. */
  summary(of: number): InspectionSummary;
  /** Throws a UserError that lists the first ten utterances with a fatal fault and counts all, if there are any. */
  throwIfFatal(where: string): void;
}

export function tallyInspection(limits: InspectionLimits = {}): InspectionTally {
  const faults = faultsOf(limits);
  const counts = [UNREADABLE, ...faults.map(({ fault }) => fault)].map((fault, index) => ({
    fault,
    fatal: index === 0 || faults[index - 1].fatal === true,
    utterances: 0,
    worst: [] as { id: string; badness: number; says: string }[],
  }));
  const fatal: string[] = [];
  const levels: number[] = [];
  let inspected = 0;
  let audioSeconds = 0;

  const count = (index: number, id: string, { badness, says }: { badness: number; says: string }) => {
    const entry = counts[index];
    entry.utterances++;
    if (index > 0 && faults[index - 1].harmless) return;
    entry.worst.push({ id, badness, says });
    entry.worst.sort((a, b) => b.badness - a.badness || compareIds(a.id, b.id));
    entry.worst.length = Math.min(entry.worst.length, EXAMPLES);
  };

  return {
    add(result, utterance) {
      inspected++;
      if ('problem' in result) {
        fatal.push(`${result.id}: ${result.problem}`);
        count(0, result.id, { badness: 0, says: '' });
        return [result.problem];
      }
      audioSeconds += result.duration;
      levels.push(result.activeLevel);
      return faults.flatMap((fault, index) => {
        const found = fault.find(result, utterance);
        if (!found) return [];
        count(index + 1, result.id, found);
        if (!fault.fatal) return [];
        const problem = `${fault.fault}: ${found.says} (${utterance.path})`;
        fatal.push(`${result.id}: ${problem}`);
        return [problem];
      });
    },
    summary: (of) => ({
      inspected,
      of,
      audioSeconds,
      faults: counts.map(({ worst, ...entry }) => ({
        ...entry,
        share: inspected === 0 ? 0 : entry.utterances / inspected,
        worst: worst.map(({ id, says }) => (says ? `${id} (${says})` : id)),
      })),
      activeLevel: percentiles(levels),
    }),
    throwIfFatal: (where) =>
      throwProblems(fatal, {
        where,
        what: `faults in the audio of ${inspected} inspected utterances`,
        one: `fault in the audio of ${inspected} inspected utterances`,
        remedy:
          'Mend or take out these utterances; of a manifest of your own, `acanet data fix --audio --drop-unreadable` makes ' +
          'one without those that cannot be read. `inspect: none` leaves them to be found later.',
      }),
  };
}

function percentiles(values: readonly number[]): [number, number, number] | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))];
  return [at(0.05), at(0.5), at(0.95)];
}
