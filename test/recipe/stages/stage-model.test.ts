/** @file Stage model: the folder is whole by itself, and what it carries is what the recipe has. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from '../../../src/corpus/manifest/manifest.js';
import { loadRecipe } from '../../../src/recipe/definition/load.js';
import { systemSettings } from '../../../src/recipe/definition/system-settings.js';
import { runRecipe } from '../../../src/recipe/run-recipe.js';
import { openExperiment } from '../../../src/recipe/running/work-folder.js';
import { doneRecord } from '../../../src/recipe/artifacts/control-files.js';
import { createStages } from '../../../src/recipe/stages/stages.js';
import { drawUtterances, modelStage } from '../../../src/recipe/stages/stage-model.js';
import { readEmbeddings } from '../../../src/scoring/backend/embedding-archive.js';
import { profileSources, readScoringProfile } from '../../../src/scoring/profile/scoring-profile.js';
import { standInLibrary } from '../stand-in-library.js';

const SMALL = [
  'corpus={trainSpeakers: 6, testSpeakers: 3, utterancesPerSpeaker: 2, testUtterancesPerSpeaker: 4, duration: [1, 1.2]}',
  'development.speakers=2',
  'features.normalize=none',
];

describe('stage model', () => {
  let work: string;
  before(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-model-'));
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  const library = standInLibrary();
  const run = (...sets: string[]) => {
    const experiment = openExperiment({ work, recipe: 'demo', sets: [...SMALL, ...sets], fresh: true });
    const quiet = { log: () => undefined, progress: () => undefined };
    return runRecipe({ ...quiet, experiment, targets: ['model/aca-net'], library });
  };
  const folder = () => join(work, 'demo/model/aca-net');

  it('carries calibration, thresholds, embeddings and the facts of the training, wherever it is taken', async () => {
    await run();
    const moved = join(work, 'moved');
    cpSync(folder(), moved, { recursive: true });
    rmSync(join(moved, '.done.json')); // as archivers leave hidden files out
    const profile = readScoringProfile(moved)!;
    const manifest = readManifest(join(work, 'demo/prep/manifest.jsonl'));
    const training = manifest.filter(({ split }) => split === 'train');
    assert.deepEqual(profile.trained, {
      ...{ corpora: ['synth'], language: 'no language: artificial voices', speakers: 4, utterances: 8 },
      hours: training.reduce((sum, { duration }) => sum + duration, 0) / 3600,
      ...{ sampleRates: [16000], augmented: false, recipe: 'demo', system: 'aca-net', seed: 1 },
    });
    assert.equal(profile.development?.speakers, 2);
    assert.ok(profile.calibration && profile.calibration.weight > 0);
    assert.deepEqual(
      profile.decisions.map(({ pTarget }) => pTarget),
      [0.001, 0.01, 0.05, 0.1, 0.5],
    );
    const { trainingArchive, speakersFile } = profileSources(moved, profile);
    const ids = training.map(({ id }) => id).sort();
    assert.deepEqual([...readEmbeddings(trainingArchive).keys()], ids);
    assert.deepEqual(profile.embeddings, { utterances: 8, speakers: 4, drawn: true });
    const speakers = training.map(({ id, speaker }) => `${id} ${speaker}`).sort();
    assert.deepEqual(readFileSync(speakersFile, 'utf8').trim().split('\n'), speakers);
  });

  it('says that speech was augmented where that was in one phase, and takes up what a corpus lacks', async () => {
    rmSync(join(work, 'demo'), { recursive: true });
    await run('systems.aca-net.training.phases=[{augmentation: {level: {}}}, {augmentation: null}]');
    assert.equal(readScoringProfile(folder())!.trained.augmented, true);
    const { recipe } = loadRecipe('demo', { sets: SMALL });
    const stages = createStages({ recipe, workFolder: join(work, 'demo'), library });
    const { needs } = stages.find(({ name }) => name === 'model/aca-net')!;
    assert.ok(needs.includes('prep:partial'));
    assert.ok(doneRecord.read(join(work, 'demo/prep')).partHashes?.partial);
  });

  it('has the embeddings that the back-end is made of, and a cohort from elsewhere', async () => {
    await run('scoring.normalize=s-norm', 'scoring.utterances=5');
    const own = readScoringProfile(folder())!;
    assert.deepEqual(own.embeddings, { utterances: 5, speakers: own.embeddings.speakers, drawn: false });
    const cohort = join(work, 'elsewhere.ark');
    cpSync(join(work, 'demo/embed-train/aca-net/embeddings.ark'), cohort);
    await run('scoring.normalize=s-norm', `scoring.cohort.from=${cohort}`);
    rmSync(cohort);
    const profile = readScoringProfile(folder())!;
    const { scoring } = profileSources(folder(), profile);
    assert.equal(scoring.normalize, 's-norm');
    assert.equal(readEmbeddings(scoring.cohort.from).size, 5);
  });

  it('says what it lacks where there are too few development trials', async () => {
    await run();
    const bare = join(work, 'bare');
    cpSync(join(work, 'demo'), bare, { recursive: true, filter: (path) => !path.endsWith('.done.json') });
    const [first] = readFileSync(join(bare, 'prep/dev-trials.txt'), 'utf8').split('\n');
    writeFileSync(join(bare, 'prep/dev-trials.txt'), `${first}\n`);
    const { recipe } = loadRecipe('demo', { sets: SMALL });
    const training = { name: 'aca-net', system: 'aca-net', seed: 1, settings: systemSettings(recipe, 'aca-net') };
    const quiet = { log: () => undefined, progress: () => undefined };
    const folderOf = (stage: string) => join(bare, stage);
    await modelStage(recipe, training, library).run({
      ...quiet,
      ...{ folder: folderOf('model/aca-net'), folderOf, inputHash: 'x', sharesFolder: '' },
    });
    const profile = readScoringProfile(folderOf('model/aca-net'))!;
    assert.match(profile.noCalibration!, /^the recipe has \d+ target among \d+ development trials$/);
    assert.deepEqual([profile.calibration, profile.development, profile.decisions], [undefined, undefined, []]);
  });

  it('is refused where any of its files has changed', async () => {
    await run();
    for (const [file, message] of [
      ['scoring.json', /scoring\.json: damaged/],
      ['training.ark', /training\.ark: is not as it was written/],
      ['utt2spk', /utt2spk: is not as it was written/],
      ['model.safetensors', /model\.safetensors: is not as it was written/],
    ] as const) {
      const moved = join(work, 'damaged');
      rmSync(moved, { recursive: true, force: true });
      cpSync(folder(), moved, { recursive: true, filter: (path) => !path.endsWith('.done.json') });
      const bytes = readFileSync(join(moved, file));
      bytes[bytes.length - 20] ^= 1;
      writeFileSync(join(moved, file), bytes);
      assert.throws(() => readScoringProfile(moved), message);
    }
    assert.equal(readScoringProfile(join(work, 'demo/average/aca-net')), undefined);
  });

  it('draws as many utterances of each speaker', () => {
    const utterances = readManifest(join(work, 'demo/prep/manifest.jsonl'));
    const drawn = new Set(drawUtterances(utterances, 9));
    assert.equal(drawn.size, 9);
    const counts = new Map<string, number>();
    for (const { id, speaker } of utterances) if (drawn.has(id)) counts.set(speaker, (counts.get(speaker) ?? 0) + 1);
    assert.deepEqual([...counts.values()].sort(), [1, 1, 1, 1, 1, 1, 1, 1, 1]);
  });
});
