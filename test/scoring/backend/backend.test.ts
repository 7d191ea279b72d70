import assert from 'node:assert/strict';
import { createEngine } from '../../../src/engine/create-engine.js';
import { UserError } from '../../../src/errors.js';
import { keyedRandom } from '../../../src/random.js';
import { scoreWithBackend, speakerMeans, trainBackend } from '../../../src/scoring/backend/backend.js';
import {
  needsCohort,
  needsTraining,
  scoringInForce,
  scoringOptions,
} from '../../../src/scoring/backend/backend-options.js';
import { cosineScores } from '../../../src/scoring/backend/cosine.js';
import { computeEer } from '../../../src/scoring/measures/eer.js';
import type { EmbeddingMap } from '../../../src/scoring/backend/pair-scorer.js';

const DIM = 10;

/**
 * Voices that differ in all directions but the last, in which nothing varies, and vary most where they differ least.
 */
function drawnSpeakers(name: string, speakers: number, utterances: number): Map<string, Map<string, Float32Array>> {
  const random = keyedRandom('backend.test', name);
  return new Map(
    Array.from({ length: speakers }, (_, s) => {
      const voice = Array.from({ length: DIM }, (_, i) => (i < 5 ? 1 : 0.3) * random.normal());
      const say = () =>
        Float32Array.from(voice, (value, i) => (i === DIM - 1 ? 2 : 2 + value + (i < 5 ? 0.4 : 2) * random.normal()));
      return [`${name}${s}`, new Map(Array.from({ length: utterances }, (_, u) => [`${name}${s}-${u}`, say()]))];
    }),
  );
}

describe('back-ends', () => {
  const training = drawnSpeakers('train', 40, 8);
  const tested = drawnSpeakers('test', 12, 6);
  const all = (speakers: typeof training): EmbeddingMap => new Map([...speakers.values()].flatMap((each) => [...each]));
  const cohort = all(training);
  const embeddings = all(tested);
  const ids = [...embeddings.keys()];
  const speakerOf = (id: string) => id.split('-')[0];
  const trials = ids.flatMap((enroll, i) => ids.slice(i + 1).map((test) => ({ enroll, test })));
  const labels = trials.map(({ enroll, test }) => speakerOf(enroll) === speakerOf(test));
  const engine = createEngine({ name: 'onnx', device: 'cpu', threads: 1 });
  const options = (given: object) => scoringOptions.parse(given);
  const score = (given: object, of = { trials, embeddings }) =>
    scoreWithBackend(trainBackend(options(given), { training, cohort }, DIM), { ...of, openEngine: () => engine });
  const eer = async (given: object) => computeEer(await score(given), labels).eer;

  it('is plain cosine scoring unless told otherwise', async () => {
    assert.deepEqual(await score({}), cosineScores(embeddings, trials));
    assert.deepEqual(scoringInForce(options({})), { type: 'cosine' });
    assert.ok(!needsTraining(options({})) && !needsCohort(options({})));
  });

  it('tells speakers apart better with each of what it learns', async () => {
    const plain = await eer({});
    for (const given of [
      { subtractMean: 'train' },
      { lda: 5 },
      { wccn: true },
      { type: 'plda' },
      { type: 'plda', subtractMean: 'train', lda: 5 },
      { type: 'plda', plda: { type: 'simplified', rank: 5 } },
    ]) {
      const learnt = await eer(given);
      assert.ok(learnt < plain - 0.02, `${JSON.stringify(given)}: EER ${learnt}, plain ${plain}`);
    }
  });

  it('leaves out directions that do not vary, and says so', () => {
    const { notes, scorer } = trainBackend(options({ type: 'plda' }), { training }, DIM);
    assert.deepEqual(notes, ['embeddings do not vary in 1 of their 10 directions, which are left out']);
    assert.equal(scorer.dim, DIM - 1);
  });

  for (const normalize of ['z-norm', 't-norm', 's-norm', 'as-norm']) {
    it(`puts scores into units of the cohort's spread by ${normalize}`, async () => {
      for (const type of ['cosine', 'plda']) {
        const nontargets = (await score({ type, normalize, top: 320, subtractMean: 'train' })).filter(
          (_, t) => !labels[t],
        );
        const mean = nontargets.reduce((sum, value) => sum + value, 0) / nontargets.length;
        const spread = Math.sqrt(nontargets.reduce((sum, value) => sum + (value - mean) ** 2, 0) / nontargets.length);
        assert.ok(Math.abs(mean) < 0.25 && Math.abs(spread - 1) < 0.25, `${type}: ${mean} ± ${spread}`);
      }
    });
  }

  it('takes a cohort that is smaller than the highest that are asked for whole, as s-norm does, and says so', async () => {
    const cohort = speakerMeans(training);
    const backend = (normalize: string) => trainBackend(options({ normalize, top: 300 }), { cohort }, DIM);
    assert.match(backend('as-norm').notes.join(), /^the cohort has 40 members, fewer than the 300 .* usual: 8$/);
    const [adaptive, whole] = await Promise.all(
      ['as-norm', 's-norm'].map((each) =>
        scoreWithBackend(backend(each), { trials, embeddings, openEngine: () => engine }),
      ),
    );
    assert.deepEqual(adaptive, whole);
  });

  it('takes the means of speakers for a cohort, and their mean for the one subtracted', async () => {
    const means = speakerMeans(training);
    assert.equal(means.size, 40);
    const backend = trainBackend(options({ subtractMean: 'cohort', normalize: 's-norm' }), { cohort: means }, DIM);
    const scores = await scoreWithBackend(backend, { trials, embeddings, openEngine: () => engine });
    assert.equal(scores.length, trials.length);
    for (const i of [0, 5]) {
      const sum = [...backend.cohort!.values()].reduce((total, embedding) => total + embedding[i], 0);
      assert.ok(Math.abs(sum) < 1e-5); // of 40 float32 values
    }
  });

  it('enrolls models of several utterances, counted as so many or averaged', async () => {
    const models = [...tested.keys()];
    const enrolment = new Map(Array.from(tested, ([speaker, each]) => [speaker, [...each.keys()].slice(0, 5)]));
    const tests = Array.from(tested.values(), (each) => [...each.keys()][5]);
    const pairs = models.flatMap((enroll) => tests.map((test) => ({ enroll, test })));
    const target = pairs.map(({ enroll, test }) => enroll === speakerOf(test));
    const of = { trials: pairs, embeddings, enrolment };
    const single = await eer({ type: 'plda' });
    for (const sessions of ['counted', 'average']) {
      const scores = await score({ type: 'plda', plda: { type: 'two-covariance', sessions } }, of);
      assert.ok(computeEer(scores, target).eer < single, sessions);
    }
  });

  const refusals: [string, object, object, RegExp][] = [
    [
      'PLDA of few speakers',
      { type: 'plda' },
      { training: new Map([...training].slice(0, 6)) },
      /needs more than 9 speakers, got 6/,
    ],
    [
      'LDA to as many dimensions as speakers',
      { lda: 6 },
      { training: new Map([...training].slice(0, 6)) },
      /scoring.lda: 5 or less/,
    ],
    [
      'embeddings of another model',
      { lda: 6 },
      { training: new Map([['a', new Map([['a1', new Float32Array(4)]])]]) },
      /training utterances: the embedding of a1 has 4 values, expected 10/,
    ],
    [
      'NaN in a cohort',
      { normalize: 's-norm' },
      { cohort: new Map([['c', new Float32Array(DIM).fill(NaN)]]) },
      /cohort: the embedding of c is not finite/,
    ],
    [
      'a cohort of another model',
      { normalize: 's-norm' },
      { cohort: new Map([['c', new Float32Array(3)]]) },
      /cohort: the embedding of c has 3 values, expected 10/,
    ],
    [
      'a cohort of one',
      { normalize: 's-norm' },
      { cohort: new Map([...cohort].slice(0, 1)) },
      /a cohort of at least 2, got 1/,
    ],
  ];
  for (const [what, given, data, message] of refusals) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(
        async () => {
          const backend = trainBackend(options(given), data, DIM);
          await scoreWithBackend(backend, { trials, embeddings, openEngine: () => engine });
        },
        (error) => error instanceof UserError && message.test(error.message),
      );
    });
  }
});
