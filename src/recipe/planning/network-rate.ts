/** @file How many operations a second a network is taken to do: as measured, else as others did, else as assumed. */
import { hashOfModel, type MeasuredRate } from './measured-rates.js';

/**
 * Multiply-accumulates a second of trainings: of a thread of a CPU (ACA-Net of 4.55 M parameters on two cores of an AMD
 * EPYC, 15 crops of 0.75 s a second), and of a GPU (the same on an H100, 320 crops of 2 s a second). docs/engine.md.
 */
const ASSUMED = { cpu: 22e9, gpu: 1.0e12 };

export interface RateOptions {
  gpu: boolean;
  threads: number;
  rates: readonly MeasuredRate[];
}

/** Of the newest that was measured of this network, else of any, on the same kind of device and as many threads. */
export function rateFor(model: unknown, { gpu, threads, rates }: RateOptions): { rate: number; basis: string } {
  const fitting = rates.filter((each) => (each.device !== 'cpu') === gpu && (gpu || each.threads === threads));
  const own = fitting.find((each) => each.model === hashOfModel(model));
  if (own) return { rate: own.rate, basis: `measured: ${own.from}` };
  const [other] = fitting;
  if (other) return { rate: other.rate, basis: `by operations, from ${other.from}` };
  return gpu
    ? { rate: ASSUMED.gpu, basis: 'by operations, an H100 assumed' }
    : { rate: ASSUMED.cpu * threads, basis: 'by operations, threads of an EPYC assumed' };
}
