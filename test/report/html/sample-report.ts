/** @file A report of made-up systems: two, or as many as asked for, each with some trainings, on made-up speakers. */
import { keyedRandom } from '../../../src/random.js';
import type { Ablation } from '../../../src/report/comparison/ablation.js';
import type { ComparedSystem } from '../../../src/report/comparison/report-view.js';
import type { ReportData } from '../../../src/report/html/report-data.js';
import type { ScoredTrials } from '../../../src/report/figures/scored-systems.js';
import { computeEer } from '../../../src/scoring/measures/eer.js';
import { speakerPairs } from '../../../src/scoring/scores/speaker-pairs.js';
import { tableOfTrials } from '../../../src/scoring/scores/trial-table.js';

const SPEAKERS = 8;
const UTTERANCES = 5;

export interface SampleOptions {
  names?: readonly string[];
  runs?: number;
  /** A clip of the worst trials' audio. */
  clip?: string;
}

/** Every pair of utterances is a trial; scores are normal, targets' around 2.5. */
export function sampleTrials({ names = ['aca-net', 'ecapa-tdnn'], runs = 1 }: SampleOptions = {}): ScoredTrials {
  const random = keyedRandom('sample-report');
  const ids = Array.from({ length: SPEAKERS * UTTERANCES }, (_, i) => `spk${Math.floor(i / UTTERANCES)}-u${i}`);
  const speakerOf = new Map(ids.map((id) => [id, id.split('-')[0]]));
  const trials = ids.flatMap((enroll, i) =>
    ids.slice(i + 1).map((test) => ({ enroll, test, target: speakerOf.get(enroll) === speakerOf.get(test) })),
  );
  const table = tableOfTrials(trials);
  const sides = table.ids.map((id, i) => ({
    speaker: speakerOf.get(id)!,
    duration: 2 + (i % 7),
    sessions: [],
    paths: [`${id}.wav`],
  }));
  const scored = (spread: number) =>
    Float64Array.from(trials, ({ target }) => (target ? 2.5 : 0) + spread * random.normal());
  const systems = names.map((name, i) => ({
    name,
    runs: Array.from({ length: runs }, () => scored(0.9 + 0.03 * i)),
  }));
  return { table, sides, speakers: speakerPairs(table, speakerOf), systems, seed: 1 };
}

export function sampleReport(options: SampleOptions = {}): ReportData {
  const trials = sampleTrials(options);
  const { table, systems } = trials;
  const [model, baseline = model] = systems.map(({ name }) => name);
  const random = keyedRandom('sample-embeddings');
  const utterances = table.ids.map((id) => ({ id, speaker: id.split('-')[0] }));
  const centres = Array.from({ length: SPEAKERS }, () => Array.from({ length: 8 }, () => random.normal()));
  const compared = systems.map(({ name, runs }, i): ComparedSystem => {
    const eer = runs.reduce((sum, scores) => sum + computeEer(scores, table.labels).eer, 0) / runs.length;
    return {
      name,
      model: 'aca-net',
      isBaseline: name === baseline,
      runs: runs.length,
      parameters: 4e5 * (1 + i / 3),
      macs: 6e7 * (1 + i),
      trainingSeconds: 40 * 2 ** i,
      measures: { eer: { value: eer, interval: [0.6 * eer, 1.8 * eer] }, minDcf: { value: 0.5 } },
      ...(name !== baseline && {
        change: {
          eer: 0.1,
          difference: { difference: 0.1 * eer, interval: [-0.2 * eer, 0.5 * eer], relativeInterval: [-0.2, 0.5] },
          pValue: 0.4,
        },
      }),
    };
  });
  const side = (id: string) => ({ id, speaker: id.split('-')[0], duration: 3, clip: options.clip });
  return {
    recipe: 'sample',
    model,
    baseline,
    corpus: { type: 'synth', utterances: table.ids.length, speakers: SPEAKERS, hours: 0.1 },
    tested: {
      compared: {
        systems: compared,
        baseline,
        verdicts: [
          {
            headline: `Cannot tell whether ${model} differs from ${baseline} <so far>.`,
            sentences: ['It has more errors.', 'One training each.'],
          },
        ],
        trials: table.labels.length,
        macsDuration: 3,
        details: ['95 % intervals come from 1000 resamples of the 8 speakers (seed 1).'],
        notes: ['Trials & scores are made up.'],
      },
      trials,
      embeddings: {
        utterances,
        systems: [...new Set([model, baseline])].map((name) => ({
          name,
          embeddings: utterances.map(({ speaker }) =>
            Float32Array.from(centres[Number(speaker.slice(3))], (value) => value + 0.2 * random.normal()),
          ),
        })),
        of: { utterances: utterances.length, speakers: SPEAKERS },
        seed: 1,
      },
      worst: {
        system: model,
        threshold: 1.2,
        trials: [
          { target: true, score: 0.1, enroll: side('spk0-u0'), test: side('spk0-u1') },
          { target: false, score: 2, enroll: side('spk0-u0'), test: side('spk1-u5') },
        ],
        audioNote: 'You hear at most the first 4 seconds of each utterance.',
      },
    },
    trainings: systems.flatMap(({ name, runs }) =>
      runs.map((_, run) => ({
        system: name,
        run: run === 0 ? name : `${name}@${run + 1}`,
        rows: Array.from({ length: 12 }, (_row, step) => ({
          step: 10 * (step + 1),
          epoch: Math.ceil((step + 1) / 3),
          ...(step % 3 === 2 ? { devEer: 0.2 / (step + 1) } : { loss: 5 / (step + 1), accuracy: step / 12, lr: 1e-3 }),
        })),
      })),
    ),
    attention: [{ id: 'attention-1', title: 'Attention', why: 'There is no model.' }],
    provenance: {
      facts: [['acanet', '0.1.0']],
      commands: [{ time: '2026-01-02T03:04:05Z', command: 'acanet run sample', sets: ['seed=2'] }],
      stages: [{ stage: 'prep', finished: '2026-01-02T03:04:05Z', seconds: 1.5, outputHash: 'ab'.repeat(32) }],
    },
  };
}

/** A WAV file of a few samples, as a data URI. */
export const sampleClip = (() => {
  const samples = 160;
  const wav = Buffer.alloc(44 + 2 * samples);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + 2 * samples, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(16_000, 24);
  wav.writeUInt32LE(32_000, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(2 * samples, 40);
  return `data:audio/wav;base64,${wav.toString('base64')}`;
})();

/** One axis of two variants, the second of which is the base. */
export const sampleAblation: Ablation = {
  name: 'sample',
  base: 'base',
  confidence: 0.95,
  macsDuration: 3,
  development: { trials: 100, targets: 20, nontargets: 80, speakers: 6 },
  axes: [
    {
      name: 'latents',
      rows: [
        {
          label: '32',
          system: 'variant',
          base: false,
          best: false,
          model: 'ACA-Net',
          parameters: 1e5,
          macs: 1e7,
          development: {
            eer: 0.1,
            runs: [0.1],
            interval: [0.05, 0.2],
            change: 0.548,
            changeInterval: [-0.3, 2],
            pValue: 0.3,
          },
        },
        {
          label: '64',
          system: 'base',
          base: true,
          best: true,
          model: 'ACA-Net',
          parameters: 2e5,
          macs: 2e7,
          development: { eer: 0.0646, runs: [0.0646], interval: [0.03, 0.12] },
        },
      ],
    },
  ],
  notes: ['Development trials are made up.'],
};
