/** @file Any list with a model folder: labels or not, ids in other words, what is given, kept and refused. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest, type Utterance } from '../../../src/corpus/manifest/manifest.js';
import { loadRecipe } from '../../../src/recipe/definition/load.js';
import { runRecipe } from '../../../src/recipe/run-recipe.js';
import { openExperiment } from '../../../src/recipe/running/work-folder.js';
import { writeEmbeddings } from '../../../src/scoring/backend/embedding-archive.js';
import type { ScoringOptions } from '../../../src/scoring/backend/backend-options.js';
import { cosineScores } from '../../../src/scoring/backend/cosine.js';
import { readScoringProfile, writeScoringProfile } from '../../../src/scoring/profile/scoring-profile.js';
import { realLibrary } from '../../../src/tasks/do-model-work.js';
import { scoreList, whyNoFigures, type ScoreListOptions } from '../../../src/tasks/scoring/score-list.js';
import { TINY_RECIPE } from '../../cli/tiny-recipe.js';

describe('any list with a model folder', () => {
  let work: string;
  let model: string;
  let test: Utterance[];
  let embedded: string[];
  const said: string[] = [];
  const path = (name: string) => join(work, name);
  const put = (name: string, lines: string[]) => {
    writeFileSync(path(name), lines.map((line) => `${line}\n`).join(''));
    return path(name);
  };

  before(async () => {
    work = mkdtempSync(join(tmpdir(), 'acanet-score-list-'));
    put('tiny.yaml', [TINY_RECIPE]);
    const experiment = openExperiment({ work: path('exp'), recipe: path('tiny.yaml') });
    const quiet = { log: () => undefined, progress: () => undefined };
    await runRecipe({ ...quiet, experiment, targets: ['model/small', 'score/small'] });
    model = path('model');
    cpSync(join(experiment.folder, 'model/small'), model, { recursive: true });
    test = readManifest(join(experiment.folder, 'prep/manifest.jsonl')).filter(({ split }) => split === 'test');
    put(
      'test.jsonl',
      test.map((utterance) => JSON.stringify(utterance)),
    );
  });
  after(() => rmSync(work, { recursive: true, force: true }));
  beforeEach(() => {
    said.length = 0;
    embedded = [];
  });

  const plain = loadRecipe('demo', { sets: [] }).recipe;
  const score = (list: string, options: Partial<ScoreListOptions> = {}) =>
    scoreList({
      ...{ list, modelDir: model, engine: plain.engine, audio: [path('test.jsonl')], embeddings: [] },
      ...{ scoringFor: (own) => own ?? plain.scoring, calibrate: false, cacheDir: path('cache'), out: path('out') },
      log: (line) => void said.push(line),
      progress: () => undefined,
      ...options,
    });
  /** Pairs of all test utterances, in a fixed order. */
  const pairs = () => test.flatMap((a, i) => test.slice(i + 1).map((b) => ({ a, b })));
  const scoresOf = (out = 'out') =>
    readFileSync(path(`${out}/scores.txt`), 'utf8')
      .trim()
      .split('\n')
      .map((line) => Number(line.split(' ')[2]));

  it('scores with labels as the recipe does, but for the rounding of its feature cache', async () => {
    const recipe = join(work, 'exp/tiny');
    const list = join(recipe, 'prep/trials.txt');
    const { evaluation, labels, embedded: counts } = await score(list);
    assert.equal(labels, 'both kinds');
    assert.deepEqual(counts, { now: test.length, before: 0, given: 0 });
    // The recipe reads features that its cache has rounded to 16 bits; embeddings differ in the fourth digit.
    const own = readFileSync(join(recipe, 'score/small/scores.txt'), 'utf8').trim().split('\n');
    const worst = scoresOf().reduce(
      (most, value, i) => Math.max(most, Math.abs(value - Number(own[i].split(' ')[2]))),
      0,
    );
    assert.ok(worst < 2e-3, String(worst));
    assert.ok(evaluation!.eer >= 0 && evaluation!.eer <= 1);
    assert.ok(existsSync(path('out/metrics.json')) && existsSync(path('out/backend.json')));
  });

  it('does not replace scores of another list or model, unless the folder was named', async () => {
    const list = put('once.txt', [`${test[0].id} ${test[1].id} target`]);
    const same = put('other.txt', [`${test[0].id} ${test[1].id} target`]);
    const out = path('default');
    await score(list, { out, outByDefault: true });
    await score(list, { out, outByDefault: true });
    await assert.rejects(score(same, { out, outByDefault: true }), /has the scores of .*once\.txt by .*model\n.*--out/);
    const another = join(work, 'exp/tiny/model/small');
    await assert.rejects(score(list, { out, outByDefault: true, modelDir: another }), /has the scores of/);
    await score(same, { out });
  });

  it('embeds nothing a second time, but a recording that was written anew', async () => {
    const list = put(
      'blind.txt',
      pairs().map(({ a, b }) => `${a.id} ${b.id}`),
    );
    const { embedded: second, evaluation, labels, trials } = await score(list);
    assert.deepEqual(second, { now: 0, before: test.length, given: 0 });
    assert.deepEqual([evaluation, labels], [undefined, 'none']);
    assert.match(whyNoFigures({ trials, labels })!, /^105 trials without labels: scores, but no figures/);
    assert.equal(existsSync(path('out/metrics.json')), false, 'figures of an earlier list');
    assert.match(readFileSync(path('out/scores.csv'), 'utf8'), /^enroll,test,score\n/);
    utimesSync(test[0].path, new Date(1e12), new Date(1e12));
    assert.equal((await score(list)).embedded.now, test.filter(({ path: file }) => file === test[0].path).length);
  });

  it('takes ids in other words, writes those of the list, and says how they were understood', async () => {
    const list = put(
      'voxsrc.txt',
      pairs().map(({ a, b }) => `data/${a.id}.wav data/${b.id}.wav`),
    );
    const { mapping } = await score(list);
    assert.match(mapping!, /data\/(test\S+)\.wav is \1$/);
    assert.match(readFileSync(path('out/scores.txt'), 'utf8'), /^data\/\S+\.wav data\/\S+\.wav -?[\d.e-]+\n/);
    assert.ok(said.some((line) => line.includes('ids of the list are found')));
  });

  it('refuses a pair with two labels, also in the other order', async () => {
    const [a, b] = test.map(({ id }) => id);
    for (const second of [`${a} ${b} nontarget`, `${b} ${a} nontarget`])
      await assert.rejects(score(put('twice.txt', [`${a} ${b} target`, second])), /target/);
  });

  it('says what a list of one kind cannot give', async () => {
    const [first] = test;
    const same = test.filter(({ speaker, id }) => speaker === first.speaker && id !== first.id);
    const list = put(
      'targets.txt',
      same.map(({ id }) => `${first.id} ${id} target`),
    );
    const scored = await score(list);
    assert.equal(scored.labels, 'targets only');
    assert.match(
      whyNoFigures(scored)!,
      /all of them target trials: EER, minDCF\(0\.01\), .* and Cllr need trials of both/,
    );
    assert.equal(scoresOf().length, same.length);
  });

  it('takes embeddings from several archives, and needs no model then', async () => {
    const random = (seed: number) => Float32Array.from({ length: 8 }, (_, i) => Math.sin(seed * 8 + i));
    const vectors = new Map(test.map(({ id }, i) => [id, random(i)]));
    const [some, others] = [[...vectors].slice(0, 4), [...vectors].slice(4)];
    writeEmbeddings(path('a.ark'), new Map(some));
    writeEmbeddings(path('b.ark'), new Map(others));
    const trials = pairs().map(({ a, b }) => ({ enroll: a.id, test: b.id }));
    const list = put(
      'blind.txt',
      trials.map(({ enroll, test: other }) => `${enroll} ${other}`),
    );
    const given = { audio: [], modelDir: undefined, embeddings: [path('a.ark'), path('b.ark')] };
    assert.deepEqual((await score(list, given)).embedded, { now: 0, before: 0, given: test.length });
    assert.deepEqual(scoresOf(), [...cosineScores(vectors, trials)]);
    const text = [...vectors].map(([id, vector]) => `${id} [ ${vector.join(' ')} ]`);
    for (const embeddings of [[path('a.scp'), path('b.scp')], [put('all.txt', text)]]) {
      await score(list, { ...given, embeddings });
      assert.deepEqual(scoresOf(), [...cosineScores(vectors, trials)]);
    }
    await assert.rejects(score(list, { ...given, embeddings: [path('a.csv')] }), /a\.csv: expected an archive of emb/);
    await assert.rejects(score(list, { ...given, embeddings: [path('a.ark'), path('a.ark')] }), /is given twice/);
    const short = (from: [string, Float32Array][]) => new Map(from.map(([id, vector]) => [id, vector.slice(1)]));
    writeEmbeddings(path('short.ark'), short([...vectors]));
    const other = { ...given, modelDir: model, embeddings: [path('short.ark')] };
    await assert.rejects(score(list, other), /short\.ark: the embeddings have 7 values, those of .*model 8: they are/);
    writeEmbeddings(path('c.ark'), short(others));
    const mixed = { ...given, embeddings: [path('a.ark'), path('c.ark')] };
    await assert.rejects(score(list, mixed), /has 7 values, that of .* 8: they are of different models/);
    const half = { ...given, embeddings: [path('a.ark')], audio: [path('test.jsonl')] };
    await assert.rejects(score(list, half), /11 utterances of the list are to be embedded, and no model is named/);
  });

  it('scores with other back-ends from what the folder carries, and enrols models of several utterances', async () => {
    const list = put('models.txt', [`m1 ${test[2].id}`, `m1 ${test[5].id}`]);
    const map = put('nist.tsv', ['modelid\tsegmentid\tside', `m1\t${test[0].id}.sph\ta`, `m1\t${test[1].id}.sph\ta`]);
    const changed = (own: ScoringOptions | undefined): ScoringOptions => ({
      ...own!,
      ...{ subtractMean: 'train', normalize: 'as-norm', top: 4 },
    });
    await score(list, { enrollMap: map });
    const cosines = scoresOf();
    await score(list, { enrollMap: map, scoringFor: changed });
    assert.notDeepEqual(scoresOf(), cosines);
    const record = JSON.parse(readFileSync(path('out/backend.json'), 'utf8')) as { notes: string[]; cohort: unknown };
    assert.deepEqual(record.cohort, { members: 12 });
    assert.match(record.notes.join(), /the back-end is made of the 12 training utterances of 4 speakers/);
    const selves = put('selves.txt', [`m1 ${test[1].id}.sph`, `m1 ${test[5].id}.sph`]);
    await score(selves, { enrollMap: map });
    assert.match(readFileSync(path('out/backend.json'), 'utf8'), /1 trial compares an utterance with itself/);
    const nothing = { modelDir: join(work, 'exp/tiny/average/small'), enrollMap: map };
    const normed = (): ScoringOptions => ({ ...plain.scoring, normalize: 'as-norm' });
    await assert.rejects(
      score(list, { ...nothing, scoringFor: normed }),
      /average\/small: .* and there are none\n.*pack/,
    );
  });

  it('calibrates by the folder, and not for another back-end', async () => {
    const list = join(work, 'exp/tiny/prep/trials.txt');
    const [weight, offset] = [12, -3];
    const calibratedModel = path('calibrated');
    cpSync(model, calibratedModel, { recursive: true, filter: (file) => !file.endsWith('.done.json') });
    const calibration = { weight, offset, prior: 0.01, separable: false };
    writeScoringProfile(calibratedModel, { ...readScoringProfile(calibratedModel)!, calibration });
    const modelDir = calibratedModel;
    const { llrs, calibrated } = await score(list, { calibrate: true, modelDir });
    const [first] = readFileSync(llrs!, 'utf8').split('\n');
    assert.equal(Number(first.split(' ')[2]), offset + weight * scoresOf()[0]);
    assert.ok(calibrated!.cllr! > 0);
    const other = (own: ScoringOptions | undefined): ScoringOptions => ({ ...own!, subtractMean: 'train' });
    await assert.rejects(
      score(list, { calibrate: true, modelDir, scoringFor: other }),
      /its calibration is for scores of its own/,
    );
    await assert.rejects(
      score(list, { calibrate: true, modelDir: join(work, 'exp/tiny/average/small') }),
      /there is no calibration for --calibrate\n.*acanet pack/,
    );
  });

  it('names all ids that no audio has, before it embeds anything', async () => {
    const list = put('strangers.txt', [
      ...Array.from({ length: 12 }, (_, i) => `${test[0].id} stranger-${i}`),
      `${test[0].id} ${test[1].id}`,
    ]);
    const library = {
      identityOf: realLibrary.identityOf,
      openEmbedder: () => {
        embedded.push('opened');
        return Promise.reject(new Error('nothing is to be embedded'));
      },
    };
    rmSync(path('out'), { recursive: true, force: true });
    await assert.rejects(score(list, { library, cacheDir: path('no-cache') }), (error: Error) => {
      assert.match(
        error.message,
        /strangers\.txt: 12 of its 14 utterances are not in .*test\.jsonl: stranger-0, .*and 2 more/,
      );
      return true;
    });
    assert.deepEqual([embedded, existsSync(path('out'))], [[], false]);
  });
});
