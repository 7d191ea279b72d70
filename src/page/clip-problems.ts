/** @file What is wrong with a recording, in words for whoever has made it. Samples in −1 … 1. */

/** Below −66 dB of full scale nothing is to be heard. */
const SILENCE = 0.0005;
/** Seconds that say something about a voice at least; and those from which a score is about as sure as it gets. */
const LEAST_SECONDS = 0.5;
const FEW_SECONDS = 2;
/** Share of samples at the limit from which a recording is called overdriven. */
const CLIPPED = 0.005;

export interface ClipProblems {
  /** It cannot be used. */
  readonly error?: string;
  /** It can, with less to rely on. */
  readonly warning?: string;
}

export function findClipProblems(samples: Float32Array, sampleRate: number): ClipProblems {
  const seconds = samples.length / sampleRate;
  const length = `${seconds.toFixed(1)} seconds`;
  if (seconds < LEAST_SECONDS) {
    return {
      error: `This is too short: ${length}. Give at least ${LEAST_SECONDS}, better 3 seconds or more of speech.`,
    };
  }
  let [peak, clipped] = [0, 0];
  for (const sample of samples) {
    const size = Math.abs(sample);
    if (size > peak) peak = size;
    if (size >= 0.999) clipped++;
  }
  if (!(peak > SILENCE)) {
    return { error: 'This is silent. Check that the right microphone is chosen and not muted, and record again.' };
  }
  if (seconds < FEW_SECONDS) return { warning: `Only ${length}: scores of short speech are less sure.` };
  if (clipped > CLIPPED * samples.length) {
    return { warning: 'The recording is overdriven: speak further from the microphone, or lower its level.' };
  }
  return {};
}
