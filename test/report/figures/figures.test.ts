/** @file The other figures: durations, trainings, costs, embeddings, and how drawings become files and parts of pages. */
import assert from 'node:assert/strict';
import { ablationFigure } from '../../../src/report/figures/ablation.js';
import { drawChart, forFile, forPage } from '../../../src/report/figures/chart.js';
import { roundUp, topOfRates } from '../../../src/report/figures/chart-parts.js';
import { durationBands, durationEdges } from '../../../src/report/figures/eer-by-duration.js';
import { eerByCostFigure } from '../../../src/report/figures/eer-by-cost.js';
import { chooseUtterances, mapEmbeddings, nearestIsOwn } from '../../../src/report/figures/embedding-map.js';
import { thinned } from '../../../src/report/figures/figure.js';
import { gradientsFigure, instrumentsFigure, readingsOf } from '../../../src/report/figures/instruments.js';
import { LIGHT, systemStyles } from '../../../src/report/figures/palette.js';
import { curveOf, trainingCurvesFigure } from '../../../src/report/figures/training-curves.js';
import { computeEer } from '../../../src/scoring/measures/eer.js';
import { sampleAblation, sampleReport, sampleTrials } from '../html/sample-report.js';

const styles = systemStyles(['aca-net', 'ecapa-tdnn']);

describe('the EER against the length of the speech', () => {
  it('divides all trials into bands of about the same size, by their shorter side', () => {
    const { table, sides } = sampleTrials();
    // Durations are 2 to 8 s; the shorter of two is mostly near 2, so some edges coincide.
    const edges = durationEdges(table, sides);
    assert.ok(edges.length >= 2 && edges.every((edge, i) => i === 0 || edge > edges[i - 1]), edges.join(' '));
    assert.ok(edges[0] >= 2 && edges.at(-1)! <= 8);
  });

  it('gives each band the EER of its trials', () => {
    const trials = sampleTrials();
    const bands = durationBands(trials);
    assert.ok(bands.length >= 2);
    const edges = durationEdges(trials.table, trials.sides);
    const { enroll, test, labels } = trials.table;
    const shorter = (i: number) => Math.min(trials.sides[enroll[i]].duration, trials.sides[test[i]].duration);
    const members = [...labels.keys()].filter((i) => shorter(i) >= edges[0] && shorter(i) < edges[1]);
    const { eer } = computeEer(
      members.map((i) => trials.systems[0].runs[0][i]),
      members.map((i) => labels[i]),
    );
    const first = bands.find(({ name }) => name.startsWith(`${edges[0]} to`))!;
    assert.equal(first.targets + first.nontargets, members.length);
    assert.ok(Math.abs(first.eers[0].eer - eer) < 1e-12);
    assert.ok(first.eers[0].interval![0] <= eer && eer <= first.eers[0].interval![1]);
  });
});

describe('training curves', () => {
  it('put steps on an axis of epochs', () => {
    const rows = [
      { step: 5, epoch: 1, loss: 3 },
      { step: 10, epoch: 1, devEer: 0.2 },
      { step: 15, epoch: 2, loss: NaN },
      { step: 20, epoch: 2, loss: 1 },
    ];
    const record = { system: 'a', run: 'a', rows };
    assert.deepEqual(curveOf(record, 'loss'), [
      [0.5, 3],
      [2, 1],
    ]);
    assert.deepEqual(curveOf(record, 'devEer'), [[1, 0.2]]);
  });

  it('say so where nothing was logged', () => {
    const figure = trainingCurvesFigure([], styles);
    assert.ok('why' in figure);
  });
});

describe('the EER against cost', () => {
  const { compared } = sampleReport().tested!;
  const [first, second] = compared.systems;
  const unknown = { parameters: undefined, macs: undefined, trainingSeconds: undefined };

  it('has a panel for each cost that is known, and in it the systems of which it is', () => {
    const figure = eerByCostFigure(
      { ...compared, systems: [{ ...first, trainingSeconds: undefined }, second] },
      styles,
    );
    assert.ok('data' in figure);
    assert.deepEqual(
      figure.data.rows.map((row) => row.slice(0, 4)),
      [
        ['aca-net', 4e5, 6e7, null],
        ['ecapa-tdnn', 4e5 * (1 + 1 / 3), 1.2e8, 80],
      ],
    );
    assert.deepEqual(figure.shown.columns.slice(0, 4), ['system', 'parameters', 'operations', 'time to train']);
    assert.match(figure.description, /ecapa-tdnn: time to train 80 s, EER/);
    assert.doesNotMatch(figure.description, /aca-net: time to train/);
    const without = eerByCostFigure(
      { ...compared, systems: compared.systems.map((system) => ({ ...system, trainingSeconds: undefined })) },
      styles,
    );
    assert.ok('data' in without);
    assert.doesNotMatch(without.caption + without.svg, /[Tt]ime to train|alone/);
  });

  it('leaves out systems of which nothing is known, and itself if there is no other', () => {
    const figure = eerByCostFigure({ ...compared, systems: [{ ...first, ...unknown }, second] }, styles);
    assert.ok('data' in figure);
    assert.deepEqual(
      figure.data.rows.map(([name]) => name),
      ['ecapa-tdnn'],
    );
    assert.ok('why' in eerByCostFigure({ ...compared, systems: [{ ...first, ...unknown }] }, styles));
  });

  it('ends its axis above the intervals, but not far above the rates', () => {
    assert.equal(roundUp(0.0437), 0.05);
    assert.equal(roundUp(0.05), 0.05);
    assert.equal(topOfRates([{ rate: 0.04, high: 0.07 }, { rate: 0.02 }]), 0.08);
    assert.equal(topOfRates([{ rate: 0.04, high: 0.9 }]), 0.15); // 3 × 0.04, rounded up
    assert.equal(topOfRates([{ rate: 0 }]), 0.01);
  });
});

describe('the map of embeddings', () => {
  const { utterances, systems } = sampleReport().tested!.embeddings;
  const [{ embeddings }] = systems;

  it('is the same for the same seed, and keeps speakers together that are apart in space', () => {
    const points = mapEmbeddings(embeddings, 1);
    assert.deepEqual(mapEmbeddings(embeddings, 1), points);
    const together = nearestIsOwn(
      points.map((point) => Float32Array.from([...point, 1])),
      utterances,
    );
    assert.ok(together > 0.6, String(together));
  });

  it('knows how many utterances lie nearest to one of their own speaker', () => {
    const vectors = [
      [1, 0],
      [1, 0.1],
      [0, 1],
      [1, 0.2],
    ].map((vector) => Float32Array.from(vector));
    const speakers = ['a', 'a', 'b', 'b'].map((speaker, i) => ({ id: String(i), speaker }));
    assert.equal(nearestIsOwn(vectors, speakers), 0.5);
  });

  it('takes some of many, by lot but always the same', () => {
    const many = Array.from({ length: 3000 }, (_, i) => ({ id: String(i), speaker: `s${i % 60}` }));
    const chosen = chooseUtterances(many, 1);
    assert.equal(chosen.length, 24 * 25);
    assert.equal(new Set(chosen.map(({ speaker }) => speaker)).size, 24);
    assert.deepEqual(chooseUtterances(many, 1), chosen);
    assert.notDeepEqual(chooseUtterances(many, 2), chosen);
  });
});

describe('a drawing', () => {
  const draw = (id: string) =>
    drawChart(
      {
        grid: { left: 40, top: 20, width: 100, height: 100 },
        xAxis: { type: 'value', min: 0, max: 1 },
        yAxis: { type: 'value', min: 0, max: 1 },
        series: [
          {
            type: 'line',
            data: [
              [0, 0],
              [1, 1],
            ],
            lineStyle: { color: LIGHT.system1 },
          },
        ],
      },
      { id, width: 180, height: 160, tips: [{ at: [0.5, 0.5], text: 'a < b' }] },
    );

  it('has a tip where the chart has the value', () => {
    assert.ok(draw('x').includes('<circle class="tip" cx="90" cy="70" r="9" fill-opacity="0"><title>a &lt; b</title>'));
  });

  it('is the same each time, with names of its own', () => {
    assert.equal(draw('x'), draw('x'));
    const names = (svg: string) => [...svg.matchAll(/ id="([^"]*)"/g)].map(([, name]) => name);
    const others = new Set(names(draw('y')));
    assert.ok(names(draw('x')).every((name) => !others.has(name)));
  });

  it('takes its colours from the page, or brings its own dark ones as a file', () => {
    assert.match(forPage(draw('x')), /stroke="var\(--figure-system1\)"/);
    const file = forFile(draw('x'), { title: 'A & B', description: 'rises' });
    assert.match(file, /^<svg role="img"[^>]*><title id="title">A &amp; B<\/title>/);
    assert.match(file, /prefers-color-scheme:dark/);
  });
});

describe('thinning', () => {
  it('keeps the first and the last row', () => {
    const rows = Array.from({ length: 100 }, (_, i) => i);
    const few = thinned(rows, 10);
    assert.deepEqual([few.length, few[0], few[9]], [10, 0, 99]);
    assert.deepEqual(thinned([1, 2], 10), [1, 2]);
  });
});

describe('the picture of variants', () => {
  const { svg, data } = ablationFigure(sampleAblation);

  it('has a row for each variant in each axis, and the base where its EER is', () => {
    assert.deepEqual(
      data.rows.map(([axis, label, , , eer]) => [axis, label, eer]),
      [
        ['latents', '32', 0.1],
        ['latents', '64', 0.0646],
      ],
    );
    // The axis ends at 0.15, 1.5 times the highest EER; the grid is 520 wide from 250 on: 250 + 520 · 0.0646 / 0.15 = 473.9, as a sharp line 473.5 or 474.5.
    assert.match(svg, /d="M47[34]\.5 \d+L47[34]\.5 \d+"/);
  });

  it('says how sure the EERs are', () => {
    assert.ok(svg.includes('32: development EER 10.00 % (5.00 % to 20.00 %), +54.8 % against the base, p = 0.300'));
  });
});

describe('what was measured inside the networks', () => {
  const rows = [
    { step: 0, epoch: 1, instruments: { spectrum: [0.9, 0.1], common: 0.2, attention: { cross: { entropy: 1 } } } },
    { step: 10, epoch: 1, loss: 1, gradNorms: { first: 0.1, last: 1 } },
    {
      step: 20,
      epoch: 2,
      loss: 1,
      gradNorms: { first: 0.2, last: 0 },
      instruments: { spectrum: [0.6, 0.4], common: 0.1, attention: { cross: { entropy: 0.8, diversity: 0.1 } } },
    },
  ];
  const record = { system: 'aca-net', run: 'aca-net', rows };

  it('is drawn of the rows that hold it', () => {
    assert.deepEqual(
      readingsOf(record).map(({ epoch, attention }) => [epoch, attention.cross.entropy]),
      [
        [0, 1],
        [2, 0.8],
      ],
    );
    const figure = instrumentsFigure([record], styles);
    assert.ok('data' in figure);
    assert.equal(figure.data.rows.length, 2 + 1 + 2 + 2); // entropy, diversity, the last spectrum, common direction
    const gradients = gradientsFigure(record, styles.get('aca-net')!);
    assert.ok('data' in gradients);
    assert.equal(gradients.data.rows.length, 4);
  });

  it('is left out where nothing was measured', () => {
    const without = { ...record, rows: [{ step: 1, epoch: 1, loss: 1 }] };
    assert.ok('why' in instrumentsFigure([without], styles));
    assert.ok('why' in gradientsFigure(without, styles.get('aca-net')!));
    assert.ok('why' in gradientsFigure(undefined, styles.get('aca-net')!));
  });
});
