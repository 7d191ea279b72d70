/**
 * @file What can be measured on one channel of speech: level, clipping, offset, silence.
 *
 * Samples come in blocks, so that a recording of hours needs the memory of one block (and 4 bytes for each 20 ms).
 *  - Levels are dBFS: 20·log10 of a value relative to full scale, 0 for a sample of ±1; a full-scale sine has −3.
 *    `level` is the RMS of all samples around their mean. `activeLevel` is the same over the 20-ms frames that lie within
 *    20 dB of the 95th percentile of the frames' powers: the level of the speech, however long the pauses are. It is not
 *    ITU-T P.56, which follows an envelope, but is within a decibel or two of it on clean speech.
 *  - Clipped samples are those in runs of 3 or more at the largest or at the smallest value of the utterance, where that
 *    value is −20 dBFS or more: clipping that was scaled down afterwards counts, the flat tops of near silence do not.
 *    Clipping before a lossy codec leaves no equal samples and is not seen.
 *  - Digital silence is samples in runs of 50 ms or more at one value: dropouts, muted parts, padding.
 */

/** Runs this long at the extreme value are clipping. */
export const CLIPPED_RUN = 3;
const CLIPPED_FROM = 0.1;
/** Seconds at one value that make digital silence. */
export const FLAT_SECONDS = 0.05;
const FRAME_SECONDS = 0.02;
const ACTIVE_RANGE_DB = 20;
/** What silence is given as; minus infinity is no JSON. */
export const LOWEST_DBFS = -150;

export interface AudioMeasures {
  samples: number;
  /** Largest absolute value, dBFS; above 0 where float audio exceeds full scale. */
  peak: number;
  level: number;
  activeLevel: number;
  /** Mean of the samples. */
  dcOffset: number;
  /** Shares of the samples. */
  clipped: number;
  flat: number;
  /** NaN and infinite samples; the other measures leave them out. */
  nonFinite: number;
}

/** Takes the samples of one utterance, block after block. */
export interface AudioMeter {
  add(samples: Float32Array): void;
  measures(): AudioMeasures;
}

export function createAudioMeter(sampleRate: number): AudioMeter {
  const frameLength = Math.max(1, Math.round(FRAME_SECONDS * sampleRate));
  const flatRun = Math.max(2, Math.round(FLAT_SECONDS * sampleRate));
  const highest = createExtreme();
  const lowest = createExtreme();
  const framePowers: number[] = [];
  let [samples, nonFinite, sum, sumOfSquares] = [0, 0, 0, 0];
  let [frameSum, frameSquares, inFrame] = [0, 0, 0];
  let [last, run, flat] = [NaN, 0, 0];

  return {
    add(block) {
      for (const x of block) {
        if (!Number.isFinite(x)) {
          nonFinite++;
          continue;
        }
        sum += x;
        sumOfSquares += x * x;
        highest.see(x);
        lowest.see(-x);
        run = x === last ? run + 1 : 1;
        last = x;
        if (run === flatRun) flat += run;
        else if (run > flatRun) flat++;
        frameSum += x;
        frameSquares += x * x;
        if (++inFrame < frameLength) continue;
        framePowers.push(powerAroundMean(frameSum, frameSquares, inFrame));
        [frameSum, frameSquares, inFrame] = [0, 0, 0];
      }
      samples += block.length;
    },
    measures() {
      const finite = samples - nonFinite;
      const [top, bottom] = [highest.found(), lowest.found()];
      const peak = finite === 0 ? 0 : Math.max(Math.abs(top.value), Math.abs(bottom.value));
      const powers = inFrame > 0 ? [...framePowers, powerAroundMean(frameSum, frameSquares, inFrame)] : framePowers;
      return {
        samples,
        peak: decibels(peak * peak),
        level: decibels(powerAroundMean(sum, sumOfSquares, finite)),
        activeLevel: decibels(activePower(powers)),
        dcOffset: finite === 0 ? 0 : sum / finite,
        clipped: finite === 0 ? 0 : clippedOf(top, bottom) / finite,
        flat: finite === 0 ? 0 : flat / finite,
        nonFinite,
      };
    },
  };
}

interface Extreme {
  value: number;
  /** Samples in runs of CLIPPED_RUN or more at that value. */
  inRuns: number;
}

/** Follows the largest value and the runs at it; what was counted at a smaller one is forgotten. */
function createExtreme() {
  let [value, run, inRuns] = [-Infinity, 0, 0];
  return {
    see(x: number): void {
      if (x > value) [value, run, inRuns] = [x, 1, 0];
      else if (x < value) run = 0;
      else if (++run === CLIPPED_RUN) inRuns += run;
      else if (run > CLIPPED_RUN) inRuns++;
    },
    found: (): Extreme => ({ value, inRuns }),
  };
}

function clippedOf(top: Extreme, bottom: Extreme): number {
  // A constant is silence with an offset, not clipping.
  if (top.value === -bottom.value) return 0;
  return [top, bottom].reduce((count, { value, inRuns }) => count + (value >= CLIPPED_FROM ? inRuns : 0), 0);
}

/** Never below 0, which rounding could otherwise give for a constant. */
function powerAroundMean(sum: number, sumOfSquares: number, count: number): number {
  return count === 0 ? 0 : Math.max(0, sumOfSquares / count - (sum / count) ** 2);
}

function activePower(powers: readonly number[]): number {
  if (powers.length === 0) return 0;
  const sorted = Float64Array.from(powers).sort();
  const loud = sorted[Math.min(sorted.length - 1, Math.floor(0.95 * sorted.length))];
  const active = sorted.filter((power) => power >= loud * 10 ** (-ACTIVE_RANGE_DB / 10));
  return active.reduce((total, power) => total + power, 0) / active.length;
}

/** Powers below the floor, and the rounding left of a constant, become LOWEST_DBFS. */
function decibels(power: number): number {
  return power > 0 ? Math.max(LOWEST_DBFS, 10 * Math.log10(power)) : LOWEST_DBFS;
}
