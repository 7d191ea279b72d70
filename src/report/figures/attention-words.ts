/**
 * @file What the picture of attention shows, in words: the finding, a note beside each layer, and all of it for those
 * who cannot see it.
 */
import { type AttentionUtterance, isEven, type LayerAttention } from './attention-data.js';
import { percent } from './attention-tables.js';

/** Shares of attention and of time that differ by less are about alike. */
const ALIKE = 0.05;

/**
 * What there is to be seen: how much attention speech gets, or a pause that was put in, for the time that it takes up.
 */
export function findingOf({ duration, frames, framesGiven, speechFrames, pause, layers }: AttentionUtterance): string {
  if (framesGiven < frames) return 'The network was given the frames with speech alone.';
  const time = pause ? (pause.to - pause.from) / duration : speechFrames / frames;
  const shares = layers.map(({ pauseShare, speechShare }) => (pause ? pauseShare! : speechShare));
  const what = pause ? 'The pause that was put in' : 'Speech';
  const gets =
    shares.length > 1
      ? `${listing(shares.map(percent))} of the attention of the ${shares.length} layers`
      : `${percent(shares[0])} of the attention`;
  const speechGets = shares.map((share) => (share - time) * (pause ? -1 : 1));
  const meaning = speechGets.every((more) => more > ALIKE)
    ? 'The network looks at speech more than at pauses.'
    : speechGets.every((more) => more < -ALIKE)
      ? 'The network looks at pauses more than at speech.'
      : speechGets.every((more) => Math.abs(more) <= ALIKE)
        ? 'The network looks at speech and pauses about alike.'
        : 'The layers differ in whether they look at speech more than at pauses.';
  return `${meaning} ${what} takes up ${percent(time)} of the time and gets ${gets}.`;
}

const listing = (items: readonly string[]) => `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;

/** How many frames a layer attends to, and what speech or the pause gets of it. */
export function layerNote(layer: LayerAttention, { framesGiven }: AttentionUtterance): string {
  const { unit, rows, effectiveFrames, coveredFrames, evenness, speechShare, pauseShare } = layer;
  if (isEven([layer]))
    return `even: ${rows > 1 ? `each of the ${unit}` : 'the head'} attends to all ${framesGiven} frames alike`;
  const one = `a ${unit.slice(0, -1)} attends to ${Math.round(effectiveFrames)} of ${framesGiven} frames (${percent(evenness)})`;
  const rest =
    pauseShare === undefined ? `speech gets ${percent(speechShare)}` : `the pause gets ${percent(pauseShare)}`;
  return `${one}${rows > 1 ? `, all together to ${Math.round(coveredFrames)}` : ''}; ${rest}`;
}

/** An utterance with its layers, and the moments that get most attention. */
export function describeAttention(utterance: AttentionUtterance): string {
  const { name, duration, layers, moments } = utterance;
  const each = layers.map((layer) => `${layer.title}: ${layerNote(layer, utterance)}`).join('. ');
  const peaks = moments.map(({ time }) => time.toFixed(2)).join(', ');
  return `${name}, ${duration.toFixed(2)} s. ${each}.${peaks === '' ? '' : ` Most attention at ${peaks} s.`}`;
}
