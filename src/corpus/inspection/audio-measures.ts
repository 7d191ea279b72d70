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
const CLIPPED_RUN = 3;
const CLIPPED_FROM = 0.1;
/** Seconds at one value that make digital silence. */
const FLAT_SECONDS = 0.05;
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

  /** Where the frame under way ends, its power is taken. */
  const addFrames = (block: Float32Array) => {
    for (let from = 0; from < block.length;) {
      const to = Math.min(block.length, from + frameLength - inFrame);
      // Sample by sample and frame by frame, so that the sums do not depend on where blocks end.
      let total = frameSum;
      let squares = frameSquares;
      for (let i = from; i < to; i++) {
        total += block[i];
        squares += block[i] * block[i];
      }
      frameSum = total;
      frameSquares = squares;
      inFrame += to - from;
      from = to;
      if (inFrame < frameLength) continue;
      framePowers.push(powerAroundMean(frameSum, frameSquares, inFrame));
      sum += frameSum;
      sumOfSquares += frameSquares;
      [frameSum, frameSquares, inFrame] = [0, 0, 0];
    }
  };
  const addRuns = (block: Float32Array) => {
    let [value, length] = [last, run];
    for (let i = 0; i < block.length; i++) {
      const x = block[i];
      if (x === value) {
        length++;
        continue;
      }
      if (length >= flatRun) flat += length;
      value = x;
      length = 1;
    }
    [last, run] = [value, length];
  };

  return {
    add(block) {
      samples += block.length;
      const finite = allFinite(block) ? block : block.filter(Number.isFinite);
      nonFinite += block.length - finite.length;
      addFrames(finite);
      addRuns(finite);
      highest.see(finite, 1);
      lowest.see(finite, -1);
    },
    measures() {
      const finite = samples - nonFinite;
      const [top, bottom] = [highest.found(), lowest.found()];
      const peak = finite === 0 ? 0 : Math.max(Math.abs(top.value), Math.abs(bottom.value));
      const powers = inFrame > 0 ? [...framePowers, powerAroundMean(frameSum, frameSquares, inFrame)] : framePowers;
      return {
        samples,
        peak: decibels(peak * peak),
        level: decibels(powerAroundMean(sum + frameSum, sumOfSquares + frameSquares, finite)),
        activeLevel: decibels(activePower(powers)),
        dcOffset: finite === 0 ? 0 : (sum + frameSum) / finite,
        clipped: finite === 0 ? 0 : clippedOf(top, bottom) / finite,
        flat: finite === 0 ? 0 : (flat + (run >= flatRun ? run : 0)) / finite,
        nonFinite,
      };
    },
  };
}

/** A sum of float32 in double precision is finite if and only if all of them are. */
function allFinite(samples: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i];
  return Number.isFinite(sum);
}

interface Extreme {
  value: number;
  /** Samples in runs of CLIPPED_RUN or more at that value. */
  inRuns: number;
}

/** Follows the largest of the samples times a sign, and the runs at it; runs at a smaller value are forgotten. */
function createExtreme() {
  let [value, run, inRuns] = [-Infinity, 0, 0];
  return {
    see(samples: Float32Array, sign: 1 | -1): void {
      for (let i = 0; i < samples.length; i++) {
        const x = sign * samples[i];
        if (x < value) run = 0;
        else if (x > value) {
          value = x;
          run = 1;
          inRuns = 0;
        } else if (++run === CLIPPED_RUN) inRuns += run;
        else if (run > CLIPPED_RUN) inRuns++;
      }
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
