import assert from 'node:assert/strict';
import { createEngine } from '../../../src/engine/create-engine.js';
import { UserError } from '../../../src/errors.js';
import { cohortStatistics } from '../../../src/scoring/backend/as-norm.js';
import { cosineScorer } from '../../../src/scoring/backend/cosine.js';
import { bothSides, pairScores, trialSides } from '../../../src/scoring/backend/pair-scorer.js';
import { normalizeScores, type NormalizeScoresOptions } from '../../../src/scoring/backend/score-normalization.js';
import { namedRows, values, worst } from './backend-fixtures.js';

describe('score normalisation', () => {
  const scorer = cosineScorer(12);
  const rows = values('asnorm/trials');
  const trials = Array.from({ length: rows.length / 2 }, (_, i) => ({
    enroll: `e${rows[2 * i]}`,
    test: `e${rows[2 * i + 1]}`,
  }));
  const mean = values('asnorm/mean_vec');
  const load = (name: string, prefix: string, subtract: boolean) =>
    new Map(
      Array.from(namedRows(name, prefix), ([id, row]) => [
        id,
        subtract ? row.map((value, i) => Math.fround(value - mean[i])) : row,
      ]),
    );
  const prepare = (subtract: boolean) => {
    const sides = trialSides(scorer, load('asnorm/eval', 'e', subtract), trials);
    const cohort = bothSides(scorer, load('asnorm/cohort', 'c', subtract), 'cohort');
    return { sides, cohort, scores: pairScores(scorer, sides) };
  };
  const engine = createEngine({ name: 'onnx', device: 'cpu', threads: 1 });
  const normalized = async (subtract: boolean, options: Omit<NormalizeScoresOptions, 'engine' | 'width'>) => {
    const { scores, ...of } = prepare(subtract);
    return normalizeScores(scores, of, { ...options, engine: await engine, width: 12 });
  };

  for (const subtract of [false, true]) {
    const suffix = `mean${Number(subtract)}`;
    it(`scores cosines as WeSpeaker, with the mean ${subtract ? 'subtracted' : 'kept'}`, () => {
      const off = worst(prepare(subtract).scores, values(`asnorm/raw_${suffix}`));
      assert.ok(off <= 1.1e-5, `off by ${off}`); // printed to 5 decimals
    });
    for (const [name, options] of [
      [`asnorm20_${suffix}`, { normalization: 'as-norm', top: 20 }],
      [`asnorm5_${suffix}`, { normalization: 'as-norm', top: 5 }],
      [`snorm0_${suffix}`, { normalization: 's-norm' }],
    ] as const) {
      it(`gives WeSpeaker's ${name}`, async () => {
        const reference = values(`asnorm/wespeaker_${name}`);
        const off = worst(await normalized(subtract, options), reference);
        // Printed to 5 decimals, from statistics in float32: where 5 cohort scores spread by 0.01 and a score is 50 of
        // these, the reference itself is 4e-5 from the same in double precision.
        const largest = Math.max(...reference.map(Math.abs));
        assert.ok(off <= Math.max(1.1e-5, 1e-6 * largest), `off by ${off}`);
      });
    }
  }

  it('tells the cohort means with which scores are normalised', async () => {
    const means = new Map<string, number>();
    const onCohortMeans = (found: Iterable<[string, number]>) =>
      [...found].forEach(([id, mean]) => means.set(id, mean));
    await normalized(false, { normalization: 'as-norm', top: 5, onCohortMeans });
    const highest = new Map<string, number>();
    await normalized(false, {
      normalization: 's-norm',
      onCohortMeans: (found) => [...found].forEach(([id, mean]) => highest.set(id, mean)),
    });
    assert.deepEqual(
      [...means.keys()].sort(),
      [...new Set(trials.flatMap(({ enroll, test }) => [enroll, test]))].sort(),
    );
    // The mean of the highest is above that of all.
    for (const [id, mean] of means) assert.ok(mean > highest.get(id)!, id);
  });

  for (const top of [20, undefined]) {
    for (const kind of ['z', 't', 's'] as const) {
      it(`gives SpeechBrain's ${kind}-norm with ${top ?? 'all'} of the cohort`, async () => {
        const options = { normalization: `${kind}-norm`, deviation: 'sample', top } as const;
        const off = worst(await normalized(false, options), values(`asnorm/sb_${kind}norm_cohort${top ?? 'all'}`));
        assert.ok(off <= 2e-5, `off by ${off}`); // float32 there
      });
    }
  }

  for (const top of [20, 5]) {
    it(`gives WeSpeaker's statistics of the ${top} highest`, async () => {
      const { cohort } = prepare(false);
      const side = bothSides(scorer, load('asnorm/eval', 'e', false), 'eval').models;
      const statistics = await cohortStatistics(side, cohort.tests, { engine: await engine, width: 12, top });
      assert.ok(worst(statistics.mean, values(`asnorm/wespeaker_topn_mean_top${top}`)) <= 1e-6); // of float32 cosines
      assert.ok(worst(statistics.deviation, values(`asnorm/wespeaker_topn_std_top${top}`)) <= 1e-6);
    });
  }

  it('says that the cohort is smaller than what is to be taken of it', async () => {
    await assert.rejects(
      normalized(false, { normalization: 'as-norm', top: 61 }),
      (error) =>
        error instanceof UserError && /the cohort has 60 members, fewer than the 61 highest/.test(error.message),
    );
  });

  it('names what has the same score with all of the cohort', async () => {
    const { sides, scores } = prepare(false);
    const same = bothSides(scorer, new Map(['a', 'b', 'c'].map((id) => [id, new Float64Array(12).fill(1)])), 'cohort');
    const options = { normalization: 's-norm', engine: await engine, width: 12 } as const;
    await assert.rejects(
      normalizeScores(scores, { sides, cohort: same }, options),
      /e\d+: its 3 cohort scores are all the same/,
    );
  });
});
