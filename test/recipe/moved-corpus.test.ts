/** @file A corpus at another place: nothing is trained or embedded again, unless what is heard there is another. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAudio } from '../../src/audio/read.js';
import { writeWav } from '../../src/audio/write-wav.js';
import { keyedRandom } from '../../src/random.js';
import { explainRecipe, runRecipe } from '../../src/recipe/run-recipe.js';
import { openExperiment } from '../../src/recipe/running/work-folder.js';
import { standInLibrary } from './stand-in-library.js';

const SPEAKERS = ['anna', 'bert', 'carl', 'dora', 'emil', 'finn'];
const RATE = 16_000;

describe('a corpus that was moved', () => {
  let root: string;
  const library = standInLibrary();
  const quiet = { log: () => undefined, progress: () => undefined };
  const open = (source: string) => {
    const recipe = join(root, 'mine.yaml');
    writeFileSync(
      recipe,
      [
        'extends: demo',
        `corpus: { type: folder, source: ${join(root, source)}, testSpeakers: [anna, bert] }`,
        'development: { speakers: 2 }',
        'features: { normalize: none }',
      ].join('\n'),
    );
    return openExperiment({ work: join(root, 'exp'), recipe, sets: [], fresh: true });
  };
  const run = async (source: string, targets: string[]) => {
    const plans = await runRecipe({ ...quiet, experiment: open(source), targets, library });
    return plans.filter(({ action }) => action !== 'skip').map(({ stage }) => stage);
  };
  const outOfDate = (source: string) =>
    explainRecipe({ experiment: open(source), targets: ['compare'] })
      .plans.filter(({ action }) => action !== 'skip')
      .map(({ stage }) => stage);
  /** One file with one sample changed. */
  const change = async (path: string) => {
    const { samples } = await readAudio(path);
    samples[4000] += 0.5;
    writeWav(path, samples, RATE);
  };

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'acanet-moved-'));
    for (const [index, speaker] of SPEAKERS.entries()) {
      mkdirSync(join(root, 'here', speaker), { recursive: true });
      for (const take of [1, 2]) {
        const random = keyedRandom('moved', index, take);
        const samples = Float32Array.from(
          { length: RATE },
          (_, i) => 0.3 * Math.sin((i * (index + 3)) / 90) + 0.05 * random.normal(),
        );
        writeWav(join(root, 'here', speaker, `${take}.wav`), samples, RATE);
      }
    }
    await run('here', ['compare']);
    renameSync(join(root, 'here'), join(root, 'there'));
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  it('is looked at again, and nothing is learnt or embedded again', async () => {
    assert.deepEqual(await run('there', ['features']), ['prep', 'features']);
    assert.deepEqual(outOfDate('there'), []);
  });

  it('embeds again where a test file is another one, and trains nothing', async () => {
    cpSync(join(root, 'there'), join(root, 'test-changed'), { recursive: true });
    await change(join(root, 'test-changed/anna/1.wav'));
    await run('test-changed', ['features']);
    const stages = outOfDate('test-changed');
    assert.ok(stages.includes('embed/aca-net') && !stages.some((stage) => /^(train|average)/.test(stage)), `${stages}`);
  });

  it('trains again where one sample of a training file is another', async () => {
    cpSync(join(root, 'there'), join(root, 'changed'), { recursive: true });
    await change(join(root, 'changed/dora/1.wav'));
    await run('changed', ['features']);
    assert.ok(outOfDate('changed').includes('train/aca-net'));
  });

  it('trains again where a speaker has another name', async () => {
    cpSync(join(root, 'there'), join(root, 'renamed'), { recursive: true });
    renameSync(join(root, 'renamed/emil'), join(root, 'renamed/egon'));
    await run('renamed', ['features']);
    assert.ok(outOfDate('renamed').includes('train/aca-net'));
  });
});
