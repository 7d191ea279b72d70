/**
 * @file How the figures of a comparison came about, and how to read them: a sentence or two each, for readers who want
 * to know.
 */
import type { ComparedSystem, Comparison } from './comparison.js';
import { robustnessConditions } from './robustness-table.js';

/** The last thing that a reader gets. */
export function comparisonDetails(comparison: Comparison): string[] {
  const { trials, targets, nontargets, systems, baseline, robustness } = comparison;
  const names = systems.map(({ name }) => name);
  return [
    `There are ${trials} trials: ${targets} target trials (one speaker) and ${nontargets} nontarget trials (two speakers).`,
    ...describeFolds(comparison),
    ...describeIntervals(comparison),
    ...(systems.length > 1 ? [`Change: relative to ${baseline}; -50 % is half of it.`] : []),
    ...describeCosts(comparison),
    ...(robustness ? robustnessConditions(robustness, names) : []),
  ];
}

function describeFolds({ folds }: Comparison): string[] {
  if (!folds) return [];
  const list = folds.map(({ name, trials, speakers }) => `${name} (${trials} trials of ${speakers} speakers)`);
  return [
    `Each system was trained and tested in each of ${folds.length} folds: ${list.join(', ')}. Its figures are means over the folds, ` +
      'and speakers are resampled within each fold. A fold may train on speakers that another fold tests, which the intervals leave out of account.',
  ];
}

/** What intervals and p-values mean and are made of, or why there are none. */
function describeIntervals({ bootstrap, noIntervals, systems, confidence, verdicts }: Comparison): string[] {
  if (!bootstrap) return [`There are no intervals: ${noIntervals}.`];
  const { speakers, groups, resamples, seed } = bootstrap;
  const seeded = systems.some(({ runs }) => runs.length > 1);
  const left = groups === speakers ? `the ${speakers} speakers` : `${groups} random groups of the ${speakers} speakers`;
  const percent = formatConfidence(confidence);
  return [
    `${percent} interval: where the figure would likely be with other speakers like these${seeded ? ', and other seeds' : ''}. ` +
      `It comes from leaving out each of ${left} in turn and from ${resamples} resamples of them (seed ${seed})` +
      `${seeded ? ', and from the differences between seeds' : ''}.`,
    ...(confidence === 0.95
      ? [
          'In simulations 95 % intervals contained the true EER in about 94 of 100 cases, in about 92 where a few speakers ' +
            'are very hard.',
        ]
      : []),
    ...(systems.length > 1
      ? [
          'p: how often chance alone would show a difference as large if both systems were equally good. ' +
            `Below ${Number((1 - confidence).toPrecision(4))} a system is called better or worse` +
            `${verdicts.length > 1 ? ", if Holm's procedure upholds that among all comparisons of the measure" : ''}.`,
          ...(verdicts.some(({ speakersToDecide, claim }) => speakersToDecide ?? claim?.speakersToDecide)
            ? [
                'Numbers of speakers are those that would show the difference with such a p in 4 of 5 tests, if they vary as these do.',
              ]
            : []),
        ]
      : []),
  ];
}

/** What was measured of costs, and on what; systems measured elsewhere are named. */
function describeCosts({ systems, macsDuration }: Comparison): string[] {
  const places = new Map<string, string[]>();
  for (const { name, extraction } of systems) {
    if (!extraction) continue;
    const { engine, threads, machine } = extraction;
    const place = `${engine}, ${threads} thread${threads === 1 ? '' : 's'} (${machine})`;
    places.set(place, [...(places.get(place) ?? []), name]);
  }
  const counted = systems.some(({ macs }: ComparedSystem) => macs !== undefined);
  const list = Array.from(places, ([place, names]) => (places.size === 1 ? place : `${names.join(', ')} on ${place}`));
  return [
    ...(counted ? [`MACs: multiply-accumulate operations for ${macsDuration} s of speech.`] : []),
    ...(places.size > 0
      ? [
          'Real-time factor (RTF): seconds that the network takes for a second of speech, of which it gets ' +
            `${macsDuration} s at a time. Memory is that of the whole process. Measured with ${list.join('; ')}.`,
        ]
      : []),
  ];
}

export const formatConfidence = (confidence: number) => `${Number((100 * confidence).toPrecision(4))} %`;
