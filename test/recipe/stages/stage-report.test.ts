/** @file Stage `report` at the end of a chain of stand-ins: what of the stages comes into the page. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Utterance } from '../../../src/corpus/manifest/manifest.js';
import { scoreFileSystems } from '../../../src/recipe/comparison/guest-systems.js';
import { chooseByLength } from '../../../src/recipe/report-data/report-attention.js';
import { cutClips } from '../../../src/recipe/report-data/report-clips.js';
import { runRecipe } from '../../../src/recipe/run-recipe.js';
import { comparingStages, lastCompared, type Compared } from '../../../src/recipe/comparison/chosen-systems.js';
import { openExperiment } from '../../../src/recipe/running/work-folder.js';
import { standInLibrary } from '../stand-in-library.js';

const SMALL = [
  'corpus={trainSpeakers: 6, testSpeakers: 4, utterancesPerSpeaker: 2, testUtterancesPerSpeaker: 4, duration: [1, 1.2]}',
  'development.speakers=2',
  'features.normalize=none',
];

describe('the report of a recipe', () => {
  let work: string;
  before(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-stage-report-'));
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  const run = async (sets: string[] = [], compared?: Compared) => {
    const experiment = openExperiment({ work, recipe: 'demo', sets: [...SMALL, ...sets], fresh: true });
    const folder = comparingStages(compared ?? {}).report;
    const lines: string[] = [];
    const plans = await runRecipe({
      experiment,
      compared,
      targets: [folder],
      library: standInLibrary(),
      log: (line) => lines.push(line),
      progress: () => undefined,
    });
    const ran = plans.filter(({ action }) => action !== 'skip').map(({ stage }) => stage);
    return { ran, lines, page: readFileSync(join(work, 'demo', folder, 'index.html'), 'utf8') };
  };

  it('ends the chain, with figures, audio and where everything comes from', async () => {
    const { ran, lines, page } = await run(['seeds=2']);
    assert.equal(ran.at(-1), 'report');
    assert.ok(page.includes('<h1>aca-net against ecapa-tdnn</h1>'));
    for (const figure of ['det', 'scores', 'embeddings']) {
      assert.ok(page.includes(`id="figure-${figure}"`), figure);
      assert.ok(existsSync(join(work, 'demo', 'report', 'figures', `${figure}.csv`)), figure);
    }
    assert.ok(page.includes('src="data:audio/wav;base64,UklGR'));
    assert.match(page, /acanet<\/th><td>0\.\d+\.\d+/);
    assert.ok(page.includes('prep') && page.includes('train/aca-net@2'));
    // Stand-ins leave no logs and no weights: said in the page and in the log.
    assert.ok(page.includes('The trainings left no metrics.jsonl, so there is nothing to draw.'));
    assert.ok(lines.some((line) => line.includes('left out: Training curves')));
    assert.ok(lines.some((line) => line.includes('left out: Attention')));
  });

  it('is made again, and nothing else, when the recipe keeps audio out of it', async () => {
    await run(['seeds=2']);
    const { ran, page } = await run(['seeds=2', 'report.audio=false']);
    assert.deepEqual(ran, ['report']);
    assert.ok(!page.includes('<audio'));
    assert.ok(page.includes('The recipe keeps audio out of this page'));
  });

  it('shows systems from elsewhere where their scores say something', async () => {
    await run(['seeds=2']);
    const guests = scoreFileSystems([`theirs=${join(work, 'demo', 'score', 'aca-net', 'scores.txt')}`]);
    const { ran, page } = await run(['seeds=2'], { names: ['aca-net', 'ecapa-tdnn'], guests });
    assert.match(page, /theirs: equal error rate/);
    // Beside the recipe's own, which stays the last one and up to date.
    assert.deepEqual(ran, ['compare-others', 'report-others']);
    const own = openExperiment({ work });
    assert.deepEqual((await run(['seeds=2'], lastCompared(own.recipe, own.folder))).ran, []);
  });
});

describe('audio in the report', () => {
  const utterances: Utterance[] = [];

  it('is there only where the corpus may be passed on, unless the recipe says so', async () => {
    const wsj0 = { corpus: { type: 'wsj0' } } as unknown as Parameters<typeof cutClips>[0];
    assert.match((await cutClips(wsj0, utterances)).note, /wsj0 corpus may be passed on/);
    assert.equal((await cutClips({ ...wsj0, report: { audio: true } }, utterances)).note, '');
  });

  it('says which files could not be read', async () => {
    const gone = { id: 'a', path: '/nowhere.wav', duration: 1, sampleRate: 8000 } as Utterance;
    const synth = { corpus: { type: 'synth' } } as unknown as Parameters<typeof cutClips>[0];
    const { clips, note } = await cutClips(synth, [gone]);
    assert.equal(clips.size, 0);
    assert.match(note, /1 could not be read: a: \/nowhere\.wav/);
  });
});

describe('the utterances whose attention is shown', () => {
  it('are a short, a middling and a long one of different speakers', () => {
    const utterances = Array.from(
      { length: 60 },
      (_, i) => ({ id: `u${i}`, speaker: `s${i % 4}`, duration: 1 + i / 4 }) as Utterance,
    );
    const chosen = chooseByLength(utterances);
    assert.deepEqual(
      chosen.map(({ title }) => title.split(',')[0]),
      ['A short utterance', 'A middling utterance', 'A long utterance'],
    );
    const durations = chosen.map(({ utterance }) => utterance.duration);
    assert.ok(durations[0] < 3 && durations[1] > 7 && durations[1] < 10 && durations[2] > 14, durations.join(' '));
    assert.equal(new Set(chosen.map(({ utterance }) => utterance.speaker)).size, 3);
    assert.equal(chooseByLength(utterances.slice(0, 1)).length, 1);
  });
});
