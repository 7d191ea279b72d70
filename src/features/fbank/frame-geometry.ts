/**
 * @file Which samples a frame of features is made of, so that a crop of frames can be made from just its own samples.
 *
 * Frame k begins at sample k·shift − before and has `size` samples. Kaldi's frames with snipped edges lie within the
 * signal (before = 0); the others are centred, and the first and last ones reach over the edges, so a crop of them is
 * made with some frames of margin on either side, which are then left out.
 */
import { type FbankOptions, framingOf } from './fbank.js';
import { frameCount } from './feature-type.js';

/** Samples [from, to) of an utterance; frames [skip, skip + count) of what they give are the crop. */
export interface CropSpan {
  from: number;
  to: number;
  skip: number;
}

export interface FrameGeometry {
  /** Number of frames of so many samples. */
  frames(samples: number): number;
  /** The fewest samples that have so many frames. */
  leastSamples(frames: number): number;
  /** The samples to read for frames [first, first + count) of an utterance of `samples` samples that has them. */
  cropSpan(crop: { first: number; count: number; samples: number }): CropSpan;
  /** The moment that a frame is about: the middle of its samples, in seconds. */
  centre(frame: number): number;
}

export function frameGeometry(options: FbankOptions): FrameGeometry {
  const framing = framingOf(options);
  const { size, shift, before, fewest } = framing;
  const margin = Math.ceil(before / shift);
  const leastSamples = (frames: number) => (frames - 1) * shift + fewest;
  return {
    frames: (samples) => frameCount(framing, samples),
    leastSamples,
    cropSpan({ first, count, samples }) {
      const start = Math.max(0, first - margin);
      const reached = (first + count - 1) * shift - before + size;
      const to = Math.min(samples, Math.max(reached, leastSamples(first + count)));
      return { from: start * shift, to, skip: first - start };
    },
    centre: (frame) => (frame * shift - before + size / 2) / options.sampleRate,
  };
}
