/**
 * @file What a training run says of itself: averages over a log interval, and their lines.
 *
 * `spread` is the participation ratio of the last batch's embeddings, `dataWait` the share of the time in which the
 * loop waited for its batch.
 */
import type { SpeakerModel } from '../models/model.js';
import { participationRatio } from './embedding-spread.js';
import type { StepReport } from './training-step.js';

/** Averages over the steps of a log interval. */
export function createMeter(batchSize: number, waitSeconds: () => number) {
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
    add: (report: StepReport) => reports.push({ ...report, embeddings: report.embeddings.slice() }),
    read() {
      const seconds = (performance.now() - since) / 1000;
      const mean = (pick: (report: StepReport) => number) =>
        reports.reduce((sum, report) => sum + pick(report), 0) / reports.length;
      const gradNorm = reports[0].gradNorm === undefined ? undefined : mean((report) => report.gradNorm!);
      const values = {
        loss: mean((report) => report.loss),
        accuracy: mean((report) => report.correct) / batchSize,
        gradNorm,
        spread: participationRatio(reports.at(-1)!.embeddings, batchSize),
        utterancesPerSecond: (reports.length * batchSize) / seconds,
        dataWait: (waitSeconds() - waited) / seconds,
      };
      restart();
      return values;
    },
  };
}

export type LogRow = ReturnType<ReturnType<typeof createMeter>['read']> &
  Record<'step' | 'epoch' | 'lr' | 'margin', number>;

export function describeRow(row: LogRow, epochs: number, totalSteps: number): string {
  return [
    `epoch ${row.epoch}/${epochs}`,
    `step ${row.step}/${totalSteps}`,
    `loss ${row.loss.toFixed(3)}`,
    `accuracy ${(100 * row.accuracy).toFixed(1)} %`,
    `lr ${row.lr.toExponential(1)}`,
    `margin ${row.margin.toFixed(2)}`,
    ...(row.gradNorm === undefined ? [] : [`gradient ${row.gradNorm.toFixed(1)}`]),
    `spread ${row.spread.toFixed(1)}`,
    `${row.utterancesPerSecond.toFixed(0)} utt/s`,
    `data wait ${(100 * row.dataWait).toFixed(0)} %`,
  ].join('  ');
}

export function describeDevelopment({ devEer, devSpread }: { devEer: number; devSpread: number }): string {
  return `development EER ${(100 * devEer).toFixed(2)} %  spread of the embeddings ${devSpread.toFixed(1)}`;
}

export function describeCollapse(devSpread: number, { parameters }: SpeakerModel): string {
  const hint = parameters.some(({ name }) => name === 'latent')
    ? 'if it does not rise in the next epochs, start the latents wider (model.latentInit.std)'
    : 'if it does not rise in the next epochs, lower the learning rate or let the margin begin later';
  return `warning: the embeddings use only about ${devSpread.toFixed(1)} directions; ${hint}`;
}
