/**
 * @file From the times of alternated requests to a table.
 *
 * Ratios are taken within each round, between requests made moments apart, and only then summarised: what slows the
 * machine for a while slows both sides of a ratio.
 */

/**
 * The value below which a share q of the sorted numbers lies, interpolated. @param {number[]} values @param {number} q
 */
export function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b);
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.ceil(position);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}

/** @param {number[]} values */
export const median = (values) => quantile(values, 0.5);

/**
 * @typedef {import('./server-process.mjs').Answer} Answer
 * @typedef {{ median: number, lowerQuartile: number, upperQuartile: number }} Ratio
 * @typedef {object} Row
 * @property {string} name
 * @property {{ median: number, minimum: number }} wallMs
 * @property {{ median: number, minimum: number }} cpuMs
 * @property {number} peakMiB
 * @property {Ratio} wallRatio the first contestant's time divided by this one's
 * @property {Ratio} cpuRatio
 * @property {number | null} goal upper limit of `wallRatio.median`
 */

/**
 * @param {{ name: string, setting: string, answers: Answer[] }[]} contestants the first is the numerator of all ratios
 * @param {Partial<Record<string, number>>} goals by setting
 * @returns {Row[]}
 */
export function summarize(contestants, goals) {
  const [first] = contestants;
  const spread = (/** @type {number[]} */ values) => ({ median: median(values), minimum: Math.min(...values) });
  return contestants.map(({ name, setting, answers }) => {
    const ratio = (/** @type {'wallMs' | 'cpuMs'} */ time) => {
      const ratios = answers.map((answer, round) => first.answers[round][time] / answer[time]);
      return { median: median(ratios), lowerQuartile: quantile(ratios, 0.25), upperQuartile: quantile(ratios, 0.75) };
    };
    return {
      name,
      wallMs: spread(answers.map(({ wallMs }) => wallMs)),
      cpuMs: spread(answers.map(({ cpuMs }) => cpuMs)),
      peakMiB: Math.max(...answers.map(({ peakMiB }) => peakMiB)),
      wallRatio: ratio('wallMs'),
      cpuRatio: ratio('cpuMs'),
      goal: (first.setting === 'acanet' && goals[setting]) || null,
    };
  });
}

const milliseconds = (/** @type {number} */ value) => (value < 100 ? value.toFixed(1) : value.toFixed(0));
const ratioText = (/** @type {Ratio} */ { median, lowerQuartile, upperQuartile }) =>
  `${median.toFixed(2)} (${lowerQuartile.toFixed(2)}–${upperQuartile.toFixed(2)})`;

/** The rows as a Markdown table. @param {Row[]} rows */
export function markdownTable(rows) {
  const header = [
    'contestant',
    'wall ms, median',
    'least',
    'CPU ms, median',
    'peak MiB',
    `${rows[0].name} / it, wall (quartiles)`,
    'CPU (quartiles)',
    'goal',
  ];
  const goalText = (/** @type {Row} */ { goal, wallRatio }) =>
    goal === null ? '' : `≤ ${goal}: ${wallRatio.median <= goal ? 'met' : 'missed'}`;
  const body = rows.map((row, i) => [
    row.name,
    milliseconds(row.wallMs.median),
    milliseconds(row.wallMs.minimum),
    milliseconds(row.cpuMs.median),
    `${row.peakMiB}`,
    i === 0 ? '' : ratioText(row.wallRatio),
    i === 0 ? '' : ratioText(row.cpuRatio),
    goalText(row),
  ]);
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const rule = header.map((_, i) => (i === 0 || i === header.length - 1 ? '---' : '---:'));
  return [header, rule, ...body].map(line).join('\n');
}
