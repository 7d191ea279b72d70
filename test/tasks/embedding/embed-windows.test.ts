/** @file Windows for diarisation: where they lie, that each is embedded as a file of its own would be, and their files. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { writeWav } from '../../../src/audio/write-wav.js';
import { engineOptions } from '../../../src/engine/create-engine.js';
import { featureOptions } from '../../../src/features/options.js';
import { readEmbeddings } from '../../../src/scoring/backend/embedding-archive.js';
import { embedInputs } from '../../../src/tasks/embedding/embed-files.js';
import { embedWindows, type EmbedWindowsOptions } from '../../../src/tasks/embedding/embed-windows.js';
import { embeddingFiles, writeWindowsAs } from '../../../src/tasks/embedding/embedding-formats.js';
import { windowsOf } from '../../../src/tasks/embedding/windows.js';
import type { Embedder } from '../../../src/tasks/model-work.js';

const features = featureOptions.parse({ bins: 20, normalize: 'mean' });
const engine = engineOptions.parse({});

/** All of its input, so that nothing of it can differ unseen. */
const embedder: Embedder = {
  ...{ features, bins: 20, minFrames: 5 },
  embed: ({ frames, data }) => Promise.resolve(Float32Array.from([frames, ...data])),
  close: () => Promise.resolve(),
};
const library = { openEmbedder: () => Promise.resolve(embedder) };

describe('windows of recordings', () => {
  let work: string;
  const said: string[] = [];
  const path = (name: string) => join(work, name);
  const sound = Float32Array.from({ length: 5 * 16000 }, (_, i) => 0.3 * Math.sin(i * i * 1e-5));
  before(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-windows-'));
    writeWav(path('meeting.wav'), sound, 16000);
  });
  after(() => rmSync(work, { recursive: true, force: true }));
  beforeEach(() => said.splice(0));

  const quiet = { log: (line: string) => void said.push(line), progress: () => undefined };
  const embed = (options: Partial<EmbedWindowsOptions> = {}) =>
    embedWindows({
      ...{ inputs: [path('meeting.wav')], modelDir: 'model', engine, library, window: 1.5, hop: 0.75 },
      ...{ ...quiet, ...options },
    });
  const rttm = (lines: string[]) => {
    writeFileSync(path('x.rttm'), lines.map((line) => `${line}\n`).join(''));
    return path('x.rttm');
  };

  for (const [title, end, expected] of [
    ['that end with the span', 3, ['0-1.5', '0.75-2.25', '1.5-3']],
    ['of which the last is moved back', 3.2, ['0-1.5', '0.75-2.25', '1.5-3', '1.7-3.2']],
    ['of which one is all', 1.5, ['0-1.5']],
    ['in a span that is shorter', 0.4, ['0-0.4']],
  ] as const) {
    it(`lie in a span: windows ${title}`, () => {
      const spans = windowsOf({ start: 0, end }, { window: 1.5, hop: 0.75 });
      assert.deepEqual(
        spans.map((span) => [span.start, span.end].map((value) => Number(value.toFixed(6))).join('-')),
        expected,
      );
    });
  }

  it('are embedded as files of their own are, to the last bit', async () => {
    const windows = await embed();
    assert.deepEqual(
      windows.map(({ id }) => id),
      [
        '00000000-00001500',
        '00000750-00002250',
        '00001500-00003000',
        '00002250-00003750',
        '00003000-00004500',
        '00003500-00005000',
      ].map((times) => `meeting-${times}`),
    );
    for (const [i, { start, end }] of windows.entries()) {
      writeWav(path(`cut${i}.wav`), sound.slice(start * 16000, end * 16000), 16000);
    }
    const inputs = windows.map((_, i) => path(`cut${i}.wav`));
    const alone = await embedInputs({ ...quiet, inputs, modelDir: 'model', engine, asIs: false, library });
    for (const [i, { embedding }] of windows.entries()) assert.deepEqual(embedding, alone.get(`cut${i}`));
  });

  it('are refused of a recording that gives none', async () => {
    writeWav(path('click.wav'), sound.slice(0, 200), 16000);
    await assert.rejects(
      embed({ inputs: [path('click.wav'), path('meeting.wav')] }),
      /click\.wav: too short for a window/,
    );
  });

  it('lie in the turns of an RTTM, and carry their speakers', async () => {
    const turns = [
      '1 0.5 2.0 <NA> <NA> ada',
      '1 4.0 1.02 <NA> <NA> bob',
      '1 4.0 1.02 <NA> <NA> eve',
      '1 2 0.03 <NA> <NA> bob',
    ];
    const windows = await embed({ rttm: rttm(turns.map((turn) => `SPEAKER meeting ${turn} <NA> <NA>`)) });
    assert.deepEqual(
      windows.map(({ id, speaker, start, end }) => [id, speaker, start, end]),
      [
        ['meeting-00000500-00002000', 'ada', 0.5, 2],
        ['meeting-00001000-00002500', 'ada', 1, 2.5],
        ['meeting-00004000-00005000', 'bob', 4, 5],
        ['meeting-00004000-00005000-2', 'eve', 4, 5],
      ],
    );
    assert.match(said.join('\n'), /! left out, as too short for the model: 1 turn: meeting 2\.00-2\.03 s$/);
  });

  it('are written with their places: Kaldi’s segments, or a table', async () => {
    const windows = await embed({ rttm: rttm(['SPEAKER meeting 1 0 2 <NA> <NA> ada <NA> <NA>']) });
    const files = writeWindowsAs('ark', path('w.ark'), windows);
    assert.deepEqual(files, embeddingFiles('ark', path('w.ark'), [], { windows: true }));
    const keys = ['meeting-00000000-00001500', 'meeting-00000500-00002000'];
    assert.deepEqual([...readEmbeddings(path('w.ark')).keys()], keys);
    assert.equal(
      readFileSync(path('w.segments'), 'utf8'),
      `${keys[0]} meeting 0.000 1.500\n${keys[1]} meeting 0.500 2.000\n`,
    );
    assert.equal(readFileSync(path('w.utt2spk'), 'utf8'), `${keys[0]} ada\n${keys[1]} ada\n`);
    writeWindowsAs('csv', path('w.csv'), windows);
    const rows = parse(readFileSync(path('w.csv')), { columns: true }) as Record<string, string>[];
    assert.deepEqual(
      [rows[1].recording, rows[1].start, rows[1].end, rows[1].speaker],
      ['meeting', '0.500', '2.000', 'ada'],
    );
    assert.deepEqual(
      windows[1].embedding,
      Float32Array.from({ length: windows[1].embedding.length }, (_, i) => Number(rows[1][`e${i + 1}`])),
    );
  });

  it('are refused where turns do not fit the recordings', async () => {
    const far = rttm(['SPEAKER meeting 1 0 2 <NA> <NA> ada', 'SPEAKER meeting 1 4 3 <NA> <NA> ada']);
    await assert.rejects(embed({ rttm: far }), /x\.rttm:2: a turn of meeting ends at 7\.00 s, and .* is 5\.00 s long/);
    const other = rttm(['SPEAKER lecture 1 0 2', 'SPEAKER talk 1 0 2', 'SPEAKER meeting 1 0 2']);
    await assert.rejects(
      embed({ rttm: other }),
      /2 of its 3 recordings are not among the inputs: lecture, talk\n.*meeting/,
    );
  });

  it('are those of the recordings that have turns, whatever their names are written like', async () => {
    writeWav(path('other.wav'), sound, 16000);
    const inputs = [path('meeting.wav'), path('other.wav')];
    const windows = await embed({ inputs, rttm: rttm(['SPEAKER data/meeting.wav 1 0 1.5 <NA> <NA> ada']) });
    assert.deepEqual([...new Set(windows.map(({ recording }) => recording))], ['meeting']);
    assert.match(
      said.join('\n'),
      /recordings of .*x\.rttm are found without leading folders.*\n! 1 recording without turns/,
    );
  });
});
