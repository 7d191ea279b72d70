/** @file What a list of trials could show, in words and a table. */
import { measureNamed, type MeasureName } from '../../scoring/measures/measure-table.js';
import { formatMeasure } from '../text/interval-format.js';
import { formatTable, WIDEST } from '../text/table.js';
import { wrap } from '../text/wrap.js';
import type { ListPower } from './list-power.js';
import { roundedSpeakers } from './verdict-words.js';

export interface DescribedListPower {
  readonly system: string;
  readonly baseline: string;
  /** All folds first. */
  readonly lists: readonly ListPower[];
  readonly change?: number;
  /** Whose change it is. */
  readonly claimedBy?: string;
  readonly power: number;
  readonly confidence: number;
  readonly trainings: readonly [number, number];
  /** A sentence: where the spread is from. */
  readonly spreadFrom: string;
  readonly seedsKnown: boolean;
}

/** With fewer errors their share is rough (Doddington's rule of 30). */
const FEW_ERRORS = 30;

export function formatListPower(planned: DescribedListPower): string {
  const { system, baseline, lists, change, claimedBy, power } = planned;
  const [{ speakers, measures }] = lists;
  const [eer] = measures;
  const often = power === 0.8 ? 'four times in five' : `in ${percent(power)} of such comparisons`;
  const headline =
    `${system} against ${baseline} on ${speakers} speakers: a difference of ${smallest(eer)} ` +
    `would show ${often}, a smaller one less often`;
  const claimed =
    change === undefined
      ? 'No change is claimed; --change names one, as in --change -0.05.'
      : `${claimedBy === undefined ? 'A change' : `The change that ${claimedBy} claims,`} of ` +
        `${percent(Math.abs(change))} (${plain(eer.measure, Math.abs(change) * eer.baseline)}) ` +
        `would show ${chance(eer.powerForChange!)}. ${needed(eer.speakersForChange!, often)}`;
  return [
    wrap(headline, { width: WIDEST }) + wrap(claimed, { first: '  ' }),
    table(planned),
    notes(planned)
      .map((line) => wrap(line, { first: '- ' }))
      .join(''),
  ].join('\n');
}

function table({ lists, change, power }: DescribedListPower): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  const size = change === undefined ? '' : percent(Math.abs(change));
  const named = lists.some(({ name }) => name !== undefined);
  const columns = [
    ...(named ? [{ title: 'fold' }] : []),
    ...['speakers', 'targets', 'nontargets'].map(right),
    { title: 'measure' },
    ...['baseline', `shown in ${percent(power)}`].map(right),
    ...(change === undefined ? [] : [`${size} shown in`, `speakers for ${size}`].map(right)),
  ];
  const rows = lists.flatMap(({ name = '', speakers, targets, nontargets, measures }) =>
    measures.map((each, row) => [
      ...[...(named ? [name] : []), speakers, targets, nontargets].map((cell) => (row === 0 ? String(cell) : '')),
      measureNamed(each.measure).title,
      formatMeasure(measureNamed(each.measure), each.baseline),
      `${plain(each.measure, each.smallest)}, ${percent(each.smallestRelative)}`,
      ...(change === undefined ? [] : [percent(each.powerForChange!), countOf(each.speakersForChange!)]),
    ]),
  );
  return formatTable(columns, rows);
}

function notes({ lists, confidence, trainings, spreadFrom, seedsKnown }: DescribedListPower): string[] {
  const several = trainings.some((count) => count > 1);
  const each =
    trainings[0] === trainings[1] ? `${trainings[0]} trainings each` : `${trainings.join(' and ')} trainings`;
  const few = lists.flatMap(({ targets, measures: [{ measure, baseline }] }) =>
    measure === 'eer' && targets * baseline < FEW_ERRORS ? [Math.round(targets * baseline)] : [],
  );
  return [
    spreadFrom,
    !several
      ? 'One training each: the figures are of other speakers for the same trainings. What other seeds would give is not in them.'
      : seedsKnown
        ? `${each}, which vary as those of that comparison do.`
        : `${each}. How much they vary is not known yet and not in the figures; several trainings of each in a finished comparison tell it.`,
    `Shown means p < ${Number((1 - confidence).toPrecision(2))} for this comparison by itself. Among several, Holm's procedure asks for more.`,
    ...(few.length > 0
      ? [
          `An EER of this size is of about ${few.join(', ')} missed target trials; with fewer than ${FEW_ERRORS} these figures are rough.`,
        ]
      : []),
  ];
}

/** `1.03 points of an EER of 4.94 % (21 % of it)` */
const smallest = ({ measure, baseline, smallest: difference, smallestRelative }: ListPower['measures'][number]) =>
  `${plain(measure, difference)} (${percent(smallestRelative)} of ${measureNamed(measure).title} ${formatMeasure(measureNamed(measure), baseline)})`;

/** A difference without sign: `1.03 points`, `0.103`. */
const plain = (measure: MeasureName, difference: number): string =>
  measureNamed(measure).format === 'percent' ? `${(100 * difference).toFixed(2)} points` : difference.toFixed(3);

const percent = (fraction: number): string => {
  const value = 100 * fraction;
  return `${value < 9.95 ? Number(value.toPrecision(2)) : Math.round(value)} %`;
};

const chance = (power: number): string =>
  power < 0.01
    ? 'in fewer than 1 of 100 such comparisons'
    : `in about ${Math.round(100 * power)} of 100 such comparisons`;

const needed = (speakers: number, often: string): string =>
  Number.isFinite(speakers)
    ? `To show it ${often} takes ${roundedSpeakers(speakers)} like these.`
    : 'Trainings vary too much for any number of speakers to show it; more trainings may.';

const countOf = (speakers: number): string =>
  Number.isFinite(speakers) ? roundedSpeakers(speakers).replace(/^about | speakers$/g, '') : 'none is enough';
