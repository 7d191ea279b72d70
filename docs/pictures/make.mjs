/**
 * @file Draws the pictures of README and docs again: `npm run pictures`, or `npm run pictures -- NAME…` for some of
 * them.
 *
 * Each comes from figures that are kept in the repository (`data/README.md` says where they are from), through the code
 * that draws the report. Those of the report itself are of `acanet run demo`, which is run in a new folder, or taken
 * from a work folder that `--demo exp/demo` names. The picture of the summary is a photograph by Chromium (`$CHROMIUM`,
 * or where Debian puts it). The recording of a terminal is made by `record.mjs`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'csv-parse/sync';
import { drawCorpus } from '../../dist/src/report/corpus-picture.js';
import { ablationFigure } from '../../dist/src/report/figures/ablation.js';
import { attentionFigure } from '../../dist/src/report/figures/attention.js';
import { forFile } from '../../dist/src/report/figures/chart.js';
import { eerByCostFigure } from '../../dist/src/report/figures/eer-by-cost.js';
import { makeFigure } from '../../dist/src/report/figures/figure.js';
import { systemStyles } from '../../dist/src/report/figures/palette.js';
import { eerBySpeakersFigure } from '../../dist/src/report/figures/eer-by-speakers.js';
import { robustnessFigure } from '../../dist/src/report/figures/robustness.js';
import { unpackAttention } from './attention-data.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = resolve(here, '../..');
const { values, positionals } = parseArgs({ allowPositionals: true, options: { demo: { type: 'string' } } });

/** By name, what writes each picture. */
const pictures = {
  'corpus.svg': () => drawCorpus(readJson('data/corpus-librispeech.json'), { title: 'LibriSpeech, a small cut' }),
  'cost-librispeech.svg': () => costFigure(readTable('data/cost-librispeech.csv')),
  'cost-speechocean.svg': costOfSpeechocean,
  'explain.svg': () => asFile(attentionFigure(unpackAttention(read('data/attention.json.gz')))),
  'robustness.svg': robustnessOnStandIn,
  'speakers-speechocean.svg': speakersOfSpeechocean,
  'study-aca-wsj0.svg': studyOfAcaNet,
  'report-det.svg': () => readFileSync(join(demoReport(), 'figures/det.svg')),
  'report-summary.png': () => photograph('light'),
  'report-summary-dark.png': () => photograph('dark'),
};

const unknown = positionals.filter((name) => !(name in pictures));
if (unknown.length > 0)
  throw new Error(`no such picture: ${unknown.join(', ')}; there are ${Object.keys(pictures).join(', ')}`);

let demo;
try {
  for (const [name, draw] of Object.entries(pictures)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const content = await draw();
    writeFileSync(join(here, name), content);
    process.stdout.write(`docs/pictures/${name}: ${(content.length / 1000).toFixed(0)} kB\n`);
  }
} finally {
  if (demo?.temporary) rmSync(demo.temporary, { recursive: true, force: true });
}

function read(path) {
  return readFileSync(resolve(here, path));
}

function readJson(path) {
  return JSON.parse(read(path).toString());
}

/** Rows of a CSV file; what looks like a number is one, empty cells are left out. */
function readTable(path) {
  const rows = parse(read(path), { columns: true });
  const known = (row) => Object.entries(row).filter(([, cell]) => cell !== '');
  const value = (cell) => (cell.trim() !== '' && Number.isFinite(Number(cell)) ? Number(cell) : cell);
  return rows.map((row) => Object.fromEntries(known(row).map(([name, cell]) => [name, value(cell)])));
}

function asFile(figure) {
  return forFile(figure.svg, figure);
}

/** A figure of a report with no more than it needs. */
function reportFigure(kind, { systems, ...source }) {
  const figure = makeFigure(kind, source, systemStyles(systems));
  if (!figure || 'why' in figure) throw new Error(`${kind.id}: ${figure?.why ?? 'does not apply'}`);
  return asFile(figure);
}

/** Without the times of trainings, which ran side by side. */
function costOfSpeechocean() {
  const rows = readTable('../../bench/results/speechocean/two-directions.csv');
  return costFigure(
    rows.map(({ name, parameters, macs, eer, eerLow, eerHigh }) => ({
      system: name,
      parameters,
      macs,
      eer,
      eerLow,
      eerHigh,
    })),
  );
}

function costFigure(rows) {
  const systems = rows.map(({ system, eer, eerLow, eerHigh, ...costs }) => ({
    name: system,
    ...costs,
    measures: { eer: { value: eer, interval: [eerLow, eerHigh] } },
  }));
  const names = systems.map(({ name }) => name);
  return reportFigure(eerByCostFigure, { systems: names, tested: { compared: { systems, macsDuration: 3 } } });
}

function speakersOfSpeechocean() {
  const rows = readTable('../../bench/results/speechocean/a-to-b-speakers.csv');
  const systems = rows.map(({ line, speakers, eer, eerLow, eerHigh }) => ({
    name: `${line}, ${speakers}`,
    trainedOn: { as: line, speakers },
    measures: { eer: { value: eer, interval: [eerLow, eerHigh] } },
  }));
  const lines = [...new Set(rows.map(({ line }) => line))];
  return reportFigure(eerBySpeakersFigure, { systems: lines, tested: { compared: { systems } } });
}

function robustnessOnStandIn() {
  const rows = readTable('data/robustness-wsj0.csv');
  const conditions = [...new Set(rows.map(({ condition }) => condition))].map((name) => {
    const own = rows.filter(({ condition }) => condition === name);
    const systems = own.map(({ system, eer, eerLow, eerHigh, relativeEer, pValue }) => ({
      name: system,
      eer,
      eerInterval: [eerLow, eerHigh],
      ...(relativeEer !== undefined && { relativeEer, difference: { pValue } }),
    }));
    return { name, kind: own[0].kind, value: own[0].value, systems };
  });
  const robustness = { sides: 'test', noise: '40 recordings (3.3 min)', conditions };
  const systems = conditions[0].systems.map(({ name }) => name);
  return reportFigure(robustnessFigure, { systems, tested: { compared: { robustness } } });
}

function studyOfAcaNet() {
  const rows = readTable('../../bench/results/study/study-aca-wsj0.csv').map((row) => ({
    axis: row.axis,
    label: String(row.value),
    system: row.system,
    base: row.base === 'yes',
    best: row.lowestDevelopmentEer === 'yes',
    parameters: row.parameters,
    development: {
      eer: row.developmentEer,
      interval: [row.developmentEerLow, row.developmentEerHigh],
      change: row.developmentChange,
      pValue: row.developmentPValue,
    },
  }));
  const axes = [...new Set(rows.map(({ axis }) => axis))].map((name) => ({
    name,
    rows: rows.filter(({ axis }) => axis === name),
  }));
  const ablation = { base: rows.find(({ base }) => base).system, axes, notes: [], development: {} };
  return reportFigure(ablationFigure, { systems: rows.map(({ system }) => system), ablation });
}

/** The folder of the demo's report, which is made where none was named. */
function demoReport() {
  demo ??= values.demo === undefined ? runDemo() : { report: join(resolve(values.demo), 'report') };
  return demo.report;
}

function runDemo() {
  const temporary = mkdtempSync(join(tmpdir(), 'acanet-pictures-'));
  process.stderr.write('running the demo, which takes some minutes\n');
  execFileSync(process.execPath, [join(root, 'bin/acanet.js'), 'run', 'demo'], { cwd: temporary, stdio: 'ignore' });
  return { temporary, report: join(temporary, 'exp/demo/report') };
}

/** The summary as it looks at twice the usual density of pixels. */
async function photograph(colorScheme) {
  const { chromium } = await import('playwright-core');
  const places = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const executablePath = places.find((path) => path !== undefined && existsSync(path));
  if (!executablePath) throw new Error('no Chromium: install it, or name one in $CHROMIUM');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1064, height: 900 }, deviceScaleFactor: 1.5, colorScheme });
    await page.goto(pathToFileURL(join(demoReport(), 'index.html')).href);
    return await page.locator('#summary').screenshot();
  } finally {
    await browser.close();
  }
}
