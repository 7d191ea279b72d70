/**
 * @file What a training run says of itself: averages over a log interval, and their lines.
 *
 * `gradNorm` is the norm of all gradients before clipping, `clipped` the share of the steps in which it was over the
 * limit, `gradNorms` the norm a layer, `spread` the participation ratio of the last batch's embeddings, `dataWait` the
 * share of the time in which the loop waited for its batch.
 */
import { participationRatio } from './embedding-spread.js';
import { rounded, type Readings } from './instruments.js';
import { layerNorms } from './layers.js';
import type { StepReport } from './training-step.js';

export interface MeterOptions {
  readonly batchSize: number;
  /** Names of the trained parameters, in the order of `StepReport.gradSquares`. */
  readonly parameters: readonly string[];
  /** Largest norm of all gradients together; null: not clipped. */
  readonly gradientClip: number | null;
  /** Time that the loop has waited for batches. */
  waitSeconds(): number;
}

/** Averages over the steps of a log interval. */
export function createMeter({ batchSize, parameters, gradientClip, waitSeconds }: MeterOptions) {
  let reports: StepReport[] = [];
  let since = performance.now();
  let waited = waitSeconds();
  const restart = () => {
    reports = [];
    since = performance.now();
    waited = waitSeconds();
  };
  return {
    restart,
    /** Leaves time out of the speeds that was spent on something else. */
    leaveOut: (seconds: number) => {
      since += 1000 * seconds;
    },
    add({ embeddings, gradSquares, ...report }: StepReport) {
      reports.push({ ...report, embeddings: embeddings.slice(), gradSquares: gradSquares?.slice() });
    },
    read() {
      const seconds = (performance.now() - since) / 1000;
      const mean = (pick: (report: StepReport) => number) =>
        reports.reduce((sum, report) => sum + pick(report), 0) / reports.length;
      const values = {
        loss: mean((report) => report.loss),
        accuracy: mean((report) => report.correct) / batchSize,
        ...gradients(reports.flatMap(({ gradSquares }) => (gradSquares ? [gradSquares] : []))),
        spread: participationRatio(reports.at(-1)!.embeddings, batchSize),
        utterancesPerSecond: (reports.length * batchSize) / seconds,
        dataWait: (waitSeconds() - waited) / seconds,
      };
      restart();
      return values;
    },
  };

  function gradients(ofSteps: Float32Array[]): GradientFigures | undefined {
    if (ofSteps.length === 0) return undefined;
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const norms = ofSteps.map((squares) => Math.sqrt(squares.reduce((sum, value) => sum + value, 0)));
    const ofLayers = ofSteps.map((squares) => layerNorms(parameters, squares));
    const layers = Object.keys(ofLayers[0]).map((layer): [string, number] => [
      layer,
      rounded(mean(ofLayers.map((step) => step[layer]))),
    ]);
    return {
      gradNorm: mean(norms),
      ...(gradientClip !== null && { clipped: mean(norms.map((norm) => Number(norm > gradientClip))) }),
      gradNorms: Object.fromEntries(layers),
    };
  }
}

interface GradientFigures {
  gradNorm: number;
  clipped?: number;
  gradNorms: Record<string, number>;
}

export type LogRow = ReturnType<ReturnType<typeof createMeter>['read']> &
  Record<'step' | 'epoch' | 'lr', number> & { margin?: number; phase?: string };

/** What the lines' figures say and how they look in a healthy training, for its beginning. */
export function describeFigures({ attends }: { attends: boolean }): string[] {
  return [
    '  accuracy: crops whose speaker is recognised; it should rise',
    '  spread: how many directions the embeddings use; it should rise above 3',
    '  largest direction: share of their variance along one line; it should fall under 50 %',
    ...(attends
      ? ['  attention entropy: 1 where all frames weigh the same, 0 where one decides; usual is 0.5 to 1']
      : []),
    '  data wait: share of the time spent waiting for crops; it should be near 0',
  ];
}

export function describeRow(row: LogRow, epochs: number, totalSteps: number): string {
  return [
    ...(row.phase === undefined ? [] : [row.phase]),
    `epoch ${row.epoch}/${epochs}`,
    `step ${row.step}/${totalSteps}`,
    `loss ${row.loss.toFixed(3)}`,
    `accuracy ${(100 * row.accuracy).toFixed(1)} %`,
    `lr ${row.lr.toExponential(1)}`,
    ...(row.margin === undefined ? [] : [`margin ${row.margin.toFixed(2)}`]),
    ...(row.gradNorm === undefined ? [] : [`gradient ${row.gradNorm.toFixed(1)}`]),
    `spread ${row.spread.toFixed(1)}`,
    `${row.utterancesPerSecond.toFixed(0)} utt/s`,
    `data wait ${(100 * row.dataWait).toFixed(0)} %`,
  ].join('  ');
}

export interface DevelopmentRow {
  readonly devEer: number;
  readonly devSpread: number;
  readonly instruments?: Readings;
}

export function describeDevelopment({ devEer, devSpread, instruments }: DevelopmentRow): string {
  const eer = `development EER ${(100 * devEer).toFixed(2)} %  spread of the embeddings ${devSpread.toFixed(1)}`;
  return [eer, ...(instruments ? inWords(instruments) : [])].join('  ');
}

/** What the instruments read after a step. */
export function describeReadings(step: number, readings: Readings): string {
  const { spread } = readings;
  const when = step === 0 ? 'before the first step' : `after step ${step}`;
  return [`${when}: spread of the embeddings ${spread.toFixed(1)}`, ...inWords(readings)].join('  ');
}

function inWords({ spectrum, attention }: Readings): string[] {
  const entropies = Object.values(attention).map(({ entropy }) => entropy.toFixed(2));
  return [
    ...(spectrum.length > 0 ? [`largest direction ${(100 * spectrum[0]).toFixed(0)} %`] : []),
    ...(entropies.length > 0 ? [`attention entropy ${entropies.join(' ')} of 1`] : []),
  ];
}
