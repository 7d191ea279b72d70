/**
 * @file Analysis windows. Kaldi's are symmetric (period n − 1), SpeechBrain's Hamming is periodic (period n).
 * `povey` is Kaldi's own: a Hann window to the power of 0.85.
 */
export const kaldiWindows = ['povey', 'hamming', 'hanning', 'rectangular', 'blackman'] as const;
type KaldiWindow = (typeof kaldiWindows)[number];

/** Kaldi's window of n samples. */
export function kaldiWindow(name: KaldiWindow, n: number): Float64Array {
  const shape: Record<KaldiWindow, (angle: number) => number> = {
    povey: (angle) => (0.5 - 0.5 * Math.cos(angle)) ** 0.85,
    hamming: (angle) => 0.54 - 0.46 * Math.cos(angle),
    hanning: (angle) => 0.5 - 0.5 * Math.cos(angle),
    rectangular: () => 1,
    blackman: (angle) => 0.42 - 0.5 * Math.cos(angle) + 0.08 * Math.cos(2 * angle),
  };
  return Float64Array.from({ length: n }, (_, i) => shape[name]((2 * Math.PI * i) / (n - 1)));
}

/** A periodic Hamming window of n samples in the middle of `length`, zeros around it. */
export function periodicHamming(n: number, length: number): Float64Array {
  const left = Math.floor((length - n) / 2);
  const window = new Float64Array(length);
  for (let i = 0; i < n; i++) window[left + i] = 0.54 - 0.46 * Math.cos((2 * Math.PI * i) / n);
  return window;
}
