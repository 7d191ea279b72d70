/**
 * @file Draws trials from pair spaces that are too large to walk through.
 *
 * Utterances are put into one order, by gender, speaker, session and id. In that order everything that a trial may or
 * may not join is a range: the tests of an enrolment item are those of an outer range without an inner one,
 *
 *     target             outer: the speaker      inner: the item itself, or its session (`sessions: cross`)
 *     nontarget          outer: everyone         inner: the speaker
 *     … of one gender    outer: the gender       inner: the speaker
 *     … of two           outer: everyone         inner: the gender
 *
 * so the number of pairs is known exactly from two subtractions an item, and a pair is drawn uniformly by one number
 * below their sum: a binary search for the item, the rest for the test. Memory is a few numbers an utterance and a
 * trial. An enrolment item is an utterance, or a model: `utterancesPerModel` consecutive utterances of a speaker (of a
 * session, with `sessions: cross`) in an order drawn for the speaker. Where tests are limited to a band of durations,
 * the ranges are over the band's utterances.
 */
import { keyedRandom, type RandomStream } from '../../random.js';
import { compareIds, type Utterance } from '../manifest/manifest.js';

/** What trial making needs to know of an utterance. */
export type TrialUtterance = Pick<Utterance, 'id' | 'speaker' | 'gender' | 'session' | 'duration'>;

export type TrialKind = 'target' | 'nontarget' | 'same-gender nontarget' | 'cross-gender nontarget';

/** Utterances in the order described above; all arrays have one entry an utterance, by its position in that order. */
export interface OrderedUtterances {
  utterances: TrialUtterance[];
  /** [start, end) of the utterance's gender, speaker and session. */
  gender: Ranges;
  speaker: Ranges;
  session: Ranges;
}

interface Ranges {
  start: Int32Array;
  end: Int32Array;
}

/** @param shuffled seed of a drawn order within each speaker and session, or within each speaker; else order of ids */
export function orderUtterances(
  given: readonly TrialUtterance[],
  { crossSession, shuffled }: { crossSession: boolean; shuffled?: number },
): OrderedUtterances {
  const count = given.length;
  const byId = given.toSorted((a, b) => compareIds(a.id, b.id));
  const speakers = ranks(byId.map(({ speaker }) => speaker));
  // A speaker stays in one piece where only some of the utterances say the gender.
  const genderOf = new Map<string, string>();
  for (const { speaker, gender } of byId) if (gender) genderOf.set(speaker, gender);
  const genders = ranks(byId.map(({ speaker }) => genderOf.get(speaker) ?? ''));
  const sessions = ranks(byId.map(({ session }) => session ?? ''));
  const place = Int32Array.from(byId.keys());
  if (shuffled !== undefined) shuffleWithin(byId, speakers, place, shuffled);
  const useSession = crossSession || shuffled === undefined;
  const order = Int32Array.from(byId.keys()).sort(
    (a, b) =>
      genders[a] - genders[b] ||
      speakers[a] - speakers[b] ||
      (useSession ? sessions[a] - sessions[b] : 0) ||
      place[a] - place[b],
  );
  const same = (keys: Int32Array[]) => rangesOf(count, (i, j) => keys.every((key) => key[order[i]] === key[order[j]]));
  return {
    utterances: Array.from(order, (index) => byId[index]),
    gender: same([genders]),
    speaker: same([genders, speakers]),
    session: useSession ? same([genders, speakers, sessions]) : same([genders, speakers]),
  };
}

/** The rank of each name among the distinct names. */
function ranks(names: readonly string[]): Int32Array {
  const rank = new Map([...new Set(names)].sort(compareIds).map((name, index) => [name, index]));
  return Int32Array.from(names, (name) => rank.get(name)!);
}

/** Exchanges places within each speaker. */
function shuffleWithin(byId: readonly TrialUtterance[], speakers: Int32Array, place: Int32Array, seed: number): void {
  const own = new Map<number, number[]>();
  for (const [index, speaker] of speakers.entries()) {
    const list = own.get(speaker);
    if (list) list.push(index);
    else own.set(speaker, [index]);
  }
  for (const indices of own.values()) {
    const drawn = keyedRandom(seed, 'trials', 'models', byId[indices[0]].speaker).shuffle(indices.slice());
    indices.forEach((index, i) => (place[index] = drawn[i]));
  }
}

function rangesOf(count: number, same: (i: number, j: number) => boolean): Ranges {
  const start = new Int32Array(count);
  const end = new Int32Array(count);
  for (let from = 0; from < count;) {
    let to = from + 1;
    while (to < count && same(from, to)) to++;
    start.fill(from, from, to);
    end.fill(to, from, to);
    from = to;
  }
  return { start, end };
}

/** First utterance of each enrolment item; an item is `size` utterances from there. */
export function enrolmentItems(
  { speaker, session }: OrderedUtterances,
  size: number,
  crossSession: boolean,
): Int32Array {
  const group = crossSession ? session : speaker;
  const items: number[] = [];
  for (let from = 0; from < group.end.length; from = group.end[from]) {
    for (let first = from; first + size <= group.end[from]; first += size) items.push(first);
  }
  return Int32Array.from(items);
}

/** All pairs of one kind: enrolment items with the utterances they may be tested with. */
export interface PairSpace {
  /** Pairs, ordered: where both sides may test, a pair counts in both directions. */
  size: number;
  /** The pair of a number in [0, size): an item's index and a test's position. */
  at(number: number): [item: number, test: number];
}

/**
 * @param items first utterances of the items, `itemSize` utterances each
 * @param tests ascending positions of the utterances that may be tested
 */
export function pairSpace(
  { gender, speaker, session }: OrderedUtterances,
  {
    kind,
    crossSession,
    items,
    itemSize,
    tests,
  }: {
    kind: TrialKind;
    crossSession: boolean;
    items: Int32Array;
    itemSize: number;
    tests: Int32Array;
  },
): PairSpace {
  const count = speaker.start.length;
  /** How many tests stand before each position. */
  const before = new Int32Array(count + 1);
  for (const test of tests) before[test + 1] = 1;
  for (let i = 0; i < count; i++) before[i + 1] += before[i];

  const outer = (u: number): [number, number] => {
    if (kind === 'target') return [speaker.start[u], speaker.end[u]];
    return kind === 'same-gender nontarget' ? [gender.start[u], gender.end[u]] : [0, count];
  };
  const inner = (u: number): [number, number] => {
    if (kind === 'target') return crossSession ? [session.start[u], session.end[u]] : [u, u + itemSize];
    return kind === 'cross-gender nontarget' ? [gender.start[u], gender.end[u]] : [speaker.start[u], speaker.end[u]];
  };
  const upTo = new Float64Array(items.length + 1);
  items.forEach((u, item) => {
    const [outerStart, outerEnd] = outer(u);
    const [innerStart, innerEnd] = inner(u);
    const own = before[outerEnd] - before[outerStart] - (before[innerEnd] - before[innerStart]);
    upTo[item + 1] = upTo[item] + own;
  });
  return {
    size: upTo[items.length],
    at(number) {
      let low = 0; // the last item with upTo[item] ≤ number
      for (let high = items.length; high - low > 1;) {
        const middle = (low + high) >>> 1;
        if (upTo[middle] <= number) low = middle;
        else high = middle;
      }
      const u = items[low];
      const [innerStart, innerEnd] = inner(u);
      let rank = before[outer(u)[0]] + (number - upTo[low]);
      if (rank >= before[innerStart]) rank += before[innerEnd] - before[innerStart];
      return [low, tests[rank]];
    },
  };
}

/** A whole number in [0, n), for n up to 2^53: a single draw has 32 bits, too few for the pairs of a large corpus. */
export function drawBelow(random: RandomStream, n: number): number {
  const high = random.int32() >>> 0;
  const low = random.int32() >>> 11;
  return Math.min(n - 1, Math.floor(((high * 2 ** 21 + low) / 2 ** 53) * n));
}
