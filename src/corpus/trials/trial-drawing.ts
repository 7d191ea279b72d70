/**
 * @file Draws trials of any number of utterances, with enrolment of several and duration bands: what is drawn, for each
 * band and each kind of trial, from the pair spaces of `trial-sampling.ts`.
 */
import { UserError } from '../../errors.js';
import { keyedRandom, type RandomStream } from '../../random.js';
import {
  drawBelow,
  enrolmentItems,
  orderUtterances,
  pairSpace,
  type OrderedUtterances,
  type TrialKind,
  type TrialUtterance,
} from './trial-sampling.js';
import {
  describeNoTargets,
  NO_NONTARGETS,
  shortfall,
  type DurationBand,
  type MadeTrials,
  type Shortfall,
  type TrialListOptions,
} from './trial-shortage.js';
import { reservoir } from './trial-walking.js';

/** As many trials of one kind as a set of numbers can hold. */
const MOST = 2 ** 24 - 1;

/** As `makeTrialList` of `trial-making.ts`. */
export function drawTrials(utterances: readonly TrialUtterance[], options: TrialListOptions): MadeTrials {
  const { seed, maxTargets = Infinity, maxNontargets = Infinity, sameGender = null, sessions = 'any' } = options;
  const { enrollUtterances: itemSize = 1, durations = [] } = options;
  const crossSession = sessions === 'cross';
  const ordered = orderUtterances(utterances, { crossSession, shuffled: itemSize > 1 ? seed : undefined });
  const items = enrolmentItems(ordered, itemSize, crossSession);
  const count = utterances.length;
  const bands: (DurationBand | undefined)[] = durations.length > 0 ? [...durations] : [undefined];
  const bandOf = Int8Array.from(ordered.utterances, ({ duration }) =>
    bands.findIndex((band) => !band || (band.from <= duration && duration < band.to)),
  );
  const random = keyedRandom(seed, 'trials', 'drawn');
  /** item · count + test. */
  const drawn = new Set<number>();
  const shortfalls: Shortfall[] = [];
  const found = { target: 0, nontarget: 0 };
  for (const [index, band] of bands.entries()) {
    const tests = Int32Array.from(ordered.speaker.start.keys()).filter((position) => bandOf[position] === index);
    const spaceOf = (kind: TrialKind) => openSpace(ordered, { kind, crossSession, items, itemSize, tests });
    const draw = (kind: TrialKind, wanted: number) => drawPairs(spaceOf(kind), { kind, wanted, drawn, random });

    const targets = draw('target', shareOf(maxTargets, bands.length, index));
    const wanted = shareOf(maxNontargets, bands.length, index);
    let nontargets: number;
    if (sameGender === null) nontargets = draw('nontarget', wanted);
    else {
      const available = (kind: TrialKind) => spaceOf(kind).pairs;
      const most = mostOfShare(
        wanted,
        sameGender,
        available('same-gender nontarget'),
        available('cross-gender nontarget'),
      );
      const same = Math.round(most * sameGender);
      nontargets = draw('same-gender nontarget', same) + draw('cross-gender nontarget', most - same);
    }
    shortfalls.push(...shortfall('target', shareOf(maxTargets, bands.length, index), targets, band));
    shortfalls.push(...shortfall('nontarget', wanted, nontargets, band));
    found.target += targets;
    found.nontarget += nontargets;
  }
  if (found.target === 0) throw new UserError(describeNoTargets(utterances, options));
  if (found.nontarget === 0) throw new UserError(NO_NONTARGETS);
  return {
    ...nameTrials(Float64Array.from(drawn).sort(), { ordered, items, itemSize, bandOf, count, random }),
    shortfalls,
  };
}

/** The share of part `index` of `parts` equal ones; what is left over goes to the first ones. */
const shareOf = (total: number, parts: number, index: number) =>
  total === Infinity ? Infinity : Math.floor(total / parts) + (index < total % parts ? 1 : 0);

/** The largest total, up to `wanted`, of which the share and the rest are available. 0/0: a kind is not asked for. */
function mostOfShare(wanted: number, share: number, same: number, cross: number): number {
  const limits = [same / share, cross / (1 - share)].filter((limit) => !Number.isNaN(limit));
  const total = Math.floor(Math.min(wanted, ...limits));
  // Rounding the share up may ask for one pair more than there is.
  return Math.round(total * share) > same || total - Math.round(total * share) > cross ? total - 1 : total;
}

interface Space {
  size: number;
  /** Pairs without regard to order. */
  pairs: number;
  /** The key of a pair: item · count + test; undefined for the second of a pair's two orders. */
  keyOf(number: number): number | undefined;
  /** The key of the same two utterances the other way round, if that may be a trial. */
  otherKey(key: number): number | undefined;
}

function openSpace(ordered: OrderedUtterances, options: Parameters<typeof pairSpace>[1]): Space {
  const { itemSize, tests } = options;
  const count = ordered.utterances.length;
  const space = pairSpace(ordered, options);
  const single = itemSize === 1;
  // Pairs whose sides may both test stand in the space twice.
  const twice = single ? pairSpace(ordered, { ...options, items: tests }).size / 2 : 0;
  const mayTest = new Uint8Array(count);
  for (const test of tests) mayTest[test] = 1;
  return {
    size: space.size,
    pairs: space.size - twice,
    keyOf(number) {
      const [item, test] = space.at(number);
      return single && mayTest[item] === 1 && item > test ? undefined : item * count + test;
    },
    otherKey: (key) => (single ? (key % count) * count + Math.floor(key / count) : undefined),
  };
}

/** Adds up to `wanted` pairs of the space, uniformly, to those drawn before. @returns how many */
function drawPairs(
  { size, pairs, keyOf, otherKey }: Space,
  { kind, wanted, drawn, random }: { kind: TrialKind; wanted: number; drawn: Set<number>; random: RandomStream },
): number {
  const before = drawn.size;
  if (before + Math.min(wanted, pairs) > MOST) {
    const exist = wanted === Infinity ? `, and ${pairs} exist: ask for a number of them` : '';
    throw new UserError(`cannot make more than ${MOST} trials${exist} (${kind} trials)`);
  }
  const isNew = (key: number) => {
    const other = otherKey(key);
    return !drawn.has(key) && (other === undefined || !drawn.has(other));
  };
  // Drawing and rejecting is quick only while most draws are new; otherwise walk over all pairs.
  if (size > 8 * (wanted + before)) {
    while (drawn.size < before + wanted) {
      const key = keyOf(drawBelow(random, size));
      if (key !== undefined && isNew(key)) drawn.add(key);
    }
    return wanted;
  }
  function* all(): Generator<number> {
    for (let number = 0; number < size; number++) {
      const key = keyOf(number);
      if (key !== undefined && isNew(key)) yield key;
    }
  }
  for (const key of reservoir(all(), wanted, random)) drawn.add(key);
  return drawn.size - before;
}

/** The drawn pairs as trials, in the order of their keys. */
function nameTrials(
  keys: Float64Array,
  {
    ordered: { utterances, speaker },
    items,
    itemSize,
    bandOf,
    count,
    random,
  }: {
    ordered: OrderedUtterances;
    items: Int32Array;
    itemSize: number;
    bandOf: Int8Array;
    count: number;
    random: RandomStream;
  },
): Pick<MadeTrials, 'trials' | 'enrolment'> {
  const sidesOf = (key: number) => [Math.floor(key / count), key % count];
  if (itemSize === 1) {
    const trials = Array.from(keys, (key) => {
      const [a, b] = sidesOf(key);
      const [enroll, test] = bandOf[a] === bandOf[b] && random.below(2) === 1 ? [b, a] : [a, b];
      const target = speaker.start[a] === speaker.start[b];
      return { enroll: utterances[enroll].id, test: utterances[test].id, target };
    });
    return { trials };
  }
  // Models of a speaker are numbered from 1, in the drawn order.
  const numbers = new Int32Array(items.length);
  items.forEach((first, item) => {
    const again = item > 0 && speaker.start[items[item - 1]] === speaker.start[first];
    numbers[item] = again ? numbers[item - 1] + 1 : 1;
  });
  const enrolment = new Map<string, string[]>();
  const trials = Array.from(keys, (key) => {
    const [item, test] = sidesOf(key);
    const first = items[item];
    const enroll = `${utterances[first].speaker}-model${numbers[item]}`;
    if (!enrolment.has(enroll)) {
      enrolment.set(
        enroll,
        utterances.slice(first, first + itemSize).map(({ id }) => id),
      );
    }
    return { enroll, test: utterances[test].id, target: speaker.start[first] === speaker.start[test] };
  });
  return { trials, enrolment };
}
