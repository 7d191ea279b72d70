/** @file The picture of attention: what is drawn and said of made-up weights. */
import assert from 'node:assert/strict';
import { isEven } from '../../../src/report/figures/attention-data.js';
import type { AttentionUtterance, LayerAttention } from '../../../src/report/figures/attention-data.js';
import { attentionFigure } from '../../../src/report/figures/attention.js';
import { LIGHT } from '../../../src/report/figures/palette.js';

const FRAMES = 40;

/** Row r looks at `width` frames around frame `centre(r)`. */
function layer(
  name: string,
  rows: number,
  width: number,
  centre = (row: number) => (7 * row) % FRAMES,
): LayerAttention {
  const weights = new Float32Array(rows * FRAMES);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < width; i++) weights[row * FRAMES + ((centre(row) + i) % FRAMES)] = 1 / width;
  }
  const mean = Float64Array.from({ length: FRAMES }, (_, t) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += weights[row * FRAMES + t];
    return sum / rows;
  });
  const figures = { effectiveFrames: width, coveredFrames: FRAMES, evenness: width / FRAMES, speechShare: 0.8 };
  return { name, title: `layer ${name}`, unit: 'latents', rows, weights, mean, entropy: Math.log(width), ...figures };
}

function utterance(name: string, layers: LayerAttention[], more: Partial<AttentionUtterance> = {}): AttentionUtterance {
  return {
    name,
    duration: 0.415,
    frames: FRAMES,
    framesGiven: FRAMES,
    times: Float64Array.from({ length: FRAMES }, (_, t) => 0.0125 + 0.01 * t),
    spectrum: { bands: 8, data: Float32Array.from({ length: 8 * FRAMES }, (_, i) => Math.sin(i)) },
    speech: Uint8Array.from({ length: FRAMES }, (_, t) => (t > 5 && t < 30 ? 1 : 0)),
    speechFrames: 24,
    layers,
    moments: [{ time: 0.1, timesEven: 3 }],
    ...more,
  };
}

const draw = (utterances: AttentionUtterance[]) =>
  attentionFigure({ id: 'attention', model: 'A <model>', lowFreq: 20, highFreq: 8000, utterances });

describe('the picture of attention', () => {
  it('has a spectrogram and a heat map a layer, in the colours of the palette and rasters', () => {
    const { svg, description, title } = draw([utterance('a & b', [layer('x', 12, 4), layer('y', 300, 2)])]);
    assert.equal(title, 'Where A <model> looks');
    assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="960" height="\d+"/);
    assert.equal(svg.match(/<image /g)?.length, 4, 'spectrogram, two maps, scale');
    assert.ok(svg.includes('a &amp; b') && svg.includes('A &lt;model&gt;'));
    assert.ok(!/NaN|Infinity|undefined/.test(svg));
    assert.ok(!/ id=/.test(svg), 'nothing that could clash in a page');
    const colors = new Set(Object.values(LIGHT));
    for (const [, color] of svg.matchAll(/(?:fill|stroke)="(#[^"]+)"/g)) assert.ok(colors.has(color), color);
    assert.match(
      description,
      /layer x: a latent attends to 4 of 40 frames \(10 %\), all together to 40; speech gets 80 %/,
    );
    assert.match(description, /Most attention at 0\.10 s\./);
  });

  it('says where attention is as good as a mean', () => {
    const even = layer('x', 12, FRAMES);
    assert.ok(isEven([even]));
    assert.ok(!isEven([even, layer('y', 12, 30)]));
    assert.ok(!isEven([]));
    const { description } = draw([utterance('a', [even])]);
    assert.match(description, /layer x: even: each of the latents attends to all 40 frames alike/);
  });

  it('begins its caption with what the network looks at, of the last utterance', () => {
    const shares = (...speech: number[]) => speech.map((speechShare) => ({ ...layer('x', 12, 4), speechShare }));
    const pause = { from: 0.1, to: 0.2 };
    const paused = [{ ...layer('x', 12, 4), pauseShare: 0.1 }];
    const cases: [AttentionUtterance, RegExp][] = [
      [
        utterance('a', shares(0.8, 0.7)),
        /^The network looks at speech more than at pauses. Speech takes up 60 % of the time and gets 80 % and 70 % of the attention of the 2 layers\. /,
      ],
      [
        utterance('a', shares(0.3)),
        /^The network looks at pauses more than at speech\. Speech takes up 60 % of the time and gets 30 % of the attention\. /,
      ],
      [utterance('a', shares(0.62, 0.57)), /^The network looks at speech and pauses about alike\. /],
      [utterance('a', shares(0.8, 0.4)), /^The layers differ /],
      [
        utterance('a', paused, { pause }),
        /^The network looks at speech more than at pauses\. The pause that was put in takes up 24 % of the time and gets 10 % /,
      ],
      [utterance('a', shares(1), { framesGiven: 24 }), /^The network was given the frames with speech alone\. /],
    ];
    for (const [last, expected] of cases) assert.match(draw([utterance('b', shares(0.1)), last]).caption, expected);
  });

  it('has all that is drawn in a table, a row a frame, in which every row of weights peaks once', () => {
    const { data, shown } = draw([utterance('a', [layer('x', 12, 4)])]);
    assert.deepEqual(data.columns, ['frame', 'time', 'speech', 'x:mean', 'x:max', 'x:peaks']);
    assert.equal(data.rows.length, FRAMES);
    const column = (c: number) => data.rows.map((row) => Number(row[c]));
    const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
    assert.ok(Math.abs(total(column(3)) - 1) < 1e-4);
    assert.equal(Math.max(...column(4)), 0.25);
    assert.equal(total(column(5)), 12);
    assert.equal(column(1)[1], 0.0225);
    assert.deepEqual(shown.rows, [['a', 'layer x', '12 latents', 40, 4, 40, '80 %']]);
  });

  it('sets two utterances below each other on one scale of time, and marks the pause', () => {
    const long = utterance('b', [{ ...layer('x', 12, 4), pauseShare: 0.125 }], {
      duration: 0.83,
      times: Float64Array.from({ length: FRAMES }, (_, t) => 0.0125 + 0.02 * t),
      pause: { from: 0.2, to: 0.4 },
    });
    const { svg, data } = draw([utterance('a', [layer('x', 12, 4)]), long]);
    const widths = [...svg.matchAll(/<image x="[^"]*" y="[^"]*" width="([^"]+)"/g)].map(([, width]) => Number(width));
    const [, short, , double] = widths; // after the scale: spectrogram and map of a, then of b
    assert.ok(Math.abs(double / short - 2) < 0.02, widths.join(' '));
    assert.ok(svg.includes('pause put in') && svg.includes('the pause gets 13 %') && svg.includes('24 % pause put in'));
    assert.equal(data.columns[0], 'utterance');
    assert.equal(data.rows.length, 2 * FRAMES);
  });

  it('draws a single frame, long utterances and equal values', () => {
    const one: LayerAttention = { ...layer('x', 2, 1), weights: Float32Array.of(1, 1), mean: Float64Array.of(1) };
    const spectrum = { bands: 8, data: new Float32Array(8) };
    const short = { frames: 1, framesGiven: 1, times: Float64Array.of(0.0125), speech: Uint8Array.of(0), spectrum };
    const { svg } = draw([utterance('a', [one], { ...short, speechFrames: 0, duration: 0.025, moments: [] })]);
    assert.ok(!/NaN|Infinity/.test(svg));
    const frames = 5000;
    const weights = new Float32Array(2 * frames).fill(1 / frames);
    const long = utterance('b', [{ ...one, weights, mean: new Float64Array(frames).fill(1 / frames) }], {
      frames,
      framesGiven: frames,
      duration: 50,
      times: Float64Array.from({ length: frames }, (_, t) => 0.0125 + 0.01 * t),
      spectrum: { bands: 8, data: new Float32Array(8 * frames) },
      speech: new Uint8Array(frames),
    });
    const drawn = draw([long]).svg;
    assert.ok(!/NaN|Infinity/.test(drawn));
    assert.ok(drawn.length < 100_000, String(drawn.length));
  });
});
