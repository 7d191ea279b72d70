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
 * @property {string} setting
 * @property {{ median: number, minimum: number }} wallMs
 * @property {{ median: number, minimum: number }} cpuMs
 * @property {number} peakMiB
 * @property {Ratio} wallRatio the first contestant's time divided by this one's
 * @property {Ratio} cpuRatio
 * @property {number | null} gflops of the work's nominal operations, at the median time
 * @property {number | null} goal upper limit of `wallRatio.median`
 * @property {boolean} isBestPeer the fastest of the others
 */

/**
 * @param {{ name: string, setting: string, answers: Answer[] }[]} contestants the first is the numerator of all ratios
 * @param {{ goals?: { best?: number, default?: number }, operations?: number }} options `operations`: floating-point
 *   operations of a request, a multiplication and an addition each
 * @returns {Row[]}
 */
export function summarize(contestants, { goals = {}, operations }) {
  const [first, ...peers] = contestants;
  const spread = (/** @type {number[]} */ values) => ({ median: median(values), minimum: Math.min(...values) });
  const wallOf = (/** @type {{ answers: Answer[] }} */ { answers }) => median(answers.map(({ wallMs }) => wallMs));
  const bestPeer = peers.toSorted((a, b) => wallOf(a) - wallOf(b))[0];
  return contestants.map((contestant) => {
    const { name, setting, answers } = contestant;
    const ratio = (/** @type {'wallMs' | 'cpuMs'} */ time) => {
      const ratios = answers.map((answer, round) => first.answers[round][time] / answer[time]);
      return { median: median(ratios), lowerQuartile: quantile(ratios, 0.25), upperQuartile: quantile(ratios, 0.75) };
    };
    const isBestPeer = contestant === bestPeer;
    const limits = [isBestPeer ? goals.best : undefined, setting === 'default' ? goals.default : undefined];
    const goal = Math.min(...limits.filter((limit) => limit !== undefined));
    return {
      name,
      setting,
      wallMs: spread(answers.map(({ wallMs }) => wallMs)),
      cpuMs: spread(answers.map(({ cpuMs }) => cpuMs)),
      peakMiB: Math.max(...answers.map(({ peakMiB }) => peakMiB)),
      wallRatio: ratio('wallMs'),
      cpuRatio: ratio('cpuMs'),
      gflops: operations ? operations / wallOf(contestant) / 1e6 : null,
      goal: first.setting === 'acanet' && Number.isFinite(goal) ? goal : null,
      isBestPeer,
    };
  });
}

const milliseconds = (/** @type {number} */ value) => (value < 100 ? value.toFixed(1) : value.toFixed(0));
const ratioText = (/** @type {Ratio} */ { median, lowerQuartile, upperQuartile }) =>
  `${median.toFixed(2)} (${lowerQuartile.toFixed(2)}–${upperQuartile.toFixed(2)})`;
const verdict = (/** @type {Row} */ { goal, wallRatio }) =>
  goal === null ? '' : `≤ ${goal}: ${wallRatio.median <= goal ? 'met' : 'missed'}`;

/** What a rate is of the fastest product seen on as many threads. @param {Row} row @param {number} [peak] */
const rateText = ({ gflops }, peak) => {
  if (gflops === null) return '';
  return peak ? `${gflops.toFixed(0)} (${((100 * gflops) / peak).toFixed(0)} %)` : gflops.toFixed(0);
};

/** @param {string[][]} lines the first is the header @param {number[]} leftAligned */
function table(lines, leftAligned) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const rule = lines[0].map((_, i) => (leftAligned.includes(i) ? '---' : '---:'));
  const [header, ...body] = lines;
  return [header, rule, ...body].map(line).join('\n');
}

/** The rows as a Markdown table. @param {Row[]} rows @param {number} [peak] GFLOP/s of the fastest matrix product */
export function markdownTable(rows, peak) {
  const header = [
    'contestant',
    'wall ms, median',
    'least',
    'CPU ms, median',
    'peak MiB',
    'GFLOP/s (of the peak)',
    `${rows[0].name} / it, wall (quartiles)`,
    'CPU (quartiles)',
    'goal',
  ];
  const body = rows.map((row, i) => [
    row.name,
    milliseconds(row.wallMs.median),
    milliseconds(row.wallMs.minimum),
    milliseconds(row.cpuMs.median),
    `${row.peakMiB}`,
    rateText(row, peak),
    i === 0 ? '' : ratioText(row.wallRatio),
    i === 0 ? '' : ratioText(row.cpuRatio),
    verdict(row),
  ]);
  return table([header, ...body], [0, header.length - 1]);
}

/**
 * One line a case: the first contestant against the fastest of the others, and against the one as it comes.
 * @param {{ title: string, rows: Row[], peak?: number }[]} results
 */
export function summaryTable(results) {
  const header = ['', 'fastest peer', 'time / its', 'memory / its', 'as it comes', 'share of the peak', 'goal'];
  const body = results.flatMap(({ title, rows, peak }) => {
    const best = rows.find(({ isBestPeer }) => isBestPeer);
    if (!best) return [];
    const asItComes = rows.find(({ setting }) => setting === 'default');
    const share = (/** @type {Row} */ { gflops }) => (peak && gflops ? `${((100 * gflops) / peak).toFixed(0)} %` : '');
    const shares = [share(rows[0]), share(best)].filter(Boolean);
    return [
      [
        title,
        best.name,
        ratioText(best.wallRatio),
        (rows[0].peakMiB / best.peakMiB).toFixed(2),
        asItComes ? ratioText(asItComes.wallRatio) : '',
        shares.join('; its '),
        verdict(best),
      ],
    ];
  });
  return table([header, ...body], [0, 1, header.length - 1]);
}
