import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { UserError } from '../../../src/errors.js';
import { keyedRandom } from '../../../src/random.js';
import { applyCalibrationFile } from '../../../src/tasks/score-files/apply-calibration.js';
import { calibrateScoreFiles } from '../../../src/tasks/score-files/calibrate-score-files.js';
import { readScores } from '../../../src/scoring/scores/scores-file.js';

describe('calibrate-score-files', () => {
  let dir: string;
  const write = (name: string, text: string) => {
    const path = join(dir, name);
    writeFileSync(path, text);
    return path;
  };
  before(() => (dir = mkdtempSync(join(tmpdir(), 'acanet-calibrate-'))));
  after(() => rmSync(dir, { recursive: true }));

  /** Two systems' scores of all pairs of 24 utterances of 8 speakers; low quality adds noise. */
  const makeSet = (name: string) => {
    const random = keyedRandom('calibrate', name);
    const ids = Array.from({ length: 24 }, (_, i) => `${name}${i}`);
    const qualities = ids.map(() => random.uniform());
    const pairs = ids.flatMap((_, i) => ids.slice(i + 1).map((_id, j) => [i, i + 1 + j]));
    const target = ([a, b]: number[]) => a >> 2 === b >> 2;
    const lines = (text: (pair: number[]) => string) =>
      pairs.map((pair) => `${ids[pair[0]]} ${ids[pair[1]]} ${text(pair)}\n`).join('');
    const score = (pair: number[]) => `${0.1 * (Number(target(pair)) + 0.5 * random.normal())}`;
    return {
      trials: write(
        `${name}-trials.txt`,
        lines((pair) => (target(pair) ? 'target' : 'nontarget')),
      ),
      a: write(`${name}-a.txt`, lines(score)),
      // Another order than the list's.
      b: write(`${name}-b.txt`, lines(score).trim().split('\n').reverse().join('\n')),
      labelled: write(
        `${name}-l.txt`,
        lines((pair) => `${score(pair)} ${target(pair) ? 'target' : 'nontarget'}`),
      ),
      quality: write(`${name}-q.txt`, ids.map((id, i) => `${id} ${qualities[i]}\n`).join('')),
    };
  };

  it('writes log-likelihood ratios in the order of the scores, and what was learned', () => {
    const [dev, test] = [makeSet('d'), makeSet('t')];
    const out = join(dir, 'llrs.txt');
    const report = calibrateScoreFiles({ dev: [dev.a], devTrials: dev.trials, scores: [test.a], out });
    const [before, after] = [readScores(test.a), readScores(out)];
    const { weights, offset } = report.calibration!;
    assert.deepEqual(
      [...after.scores],
      Array.from(before.scores, (score) => offset + weights[0] * score),
    );
    assert.deepEqual(after.ids, before.ids);
    assert.equal(report.evaluation, undefined);
    const kept = JSON.parse(readFileSync(`${out}.json`, 'utf8')) as { calibration: unknown };
    assert.deepEqual(kept.calibration, report.calibration);
  });

  it('fuses systems, takes labels from the files, and keeps them', () => {
    const [dev, test] = [makeSet('d'), makeSet('t')];
    const out = join(dir, 'fused.txt');
    const report = calibrateScoreFiles({
      dev: [dev.labelled, dev.b],
      scores: [test.labelled, test.b],
      out,
      prior: 0.2,
    });
    assert.deepEqual(report.features, ['score of system 1', 'score of system 2']);
    assert.ok(report.calibration!.weights.every((weight) => weight > 0));
    assert.ok(report.evaluation!.cllr! < 0.8);
    assert.ok(readScores(out).labels);
  });

  it('learns by pooling adjacent violators, and with quality measures', () => {
    const [dev, test] = [makeSet('d'), makeSet('t')];
    const common = { dev: [dev.a], devTrials: dev.trials, scores: [test.a], trials: test.trials };
    const pav = calibrateScoreFiles({ ...common, method: 'pav', out: join(dir, 'pav.txt') });
    assert.ok(pav.evaluation!.cllr! < 1 && pav.calibration === undefined);
    const both = write('quality.txt', readFileSync(dev.quality, 'utf8') + readFileSync(test.quality, 'utf8'));
    const quality = calibrateScoreFiles({ ...common, quality: [both], out: join(dir, 'quality-llrs.txt') });
    assert.deepEqual(quality.features, ['score', 'lower quality', 'higher quality']);
    // The same values from a file for each list.
    mkdirSync(join(dir, 'other'));
    const [first, second] = [
      write('value.txt', readFileSync(dev.quality, 'utf8')),
      write('other/value.txt', readFileSync(test.quality, 'utf8')),
    ];
    const merged = calibrateScoreFiles({ ...common, quality: [first, second], out: join(dir, 'merged.txt') });
    assert.deepEqual(merged.calibration, quality.calibration);
    assert.throws(
      () =>
        calibrateScoreFiles({ ...common, quality: [first, write('other/value.txt', 'd3 7\n')], out: join(dir, 'x') }),
      /other\/value\.txt:1: d3 has the value 7 here, and .* on an earlier line/,
    );
    assert.throws(
      () => calibrateScoreFiles({ ...common, method: 'pav', quality: [both], out: join(dir, 'x') }),
      /pav calibrates one score, got 3 features/,
    );
    assert.throws(
      () => calibrateScoreFiles({ ...common, quality: [dev.quality], out: join(dir, 'x') }),
      /24 ids have no value: t0/,
    );
  });

  it('says that scores are lower for targets, of which no rising curve can be learned', () => {
    const [dev, test] = [makeSet('d'), makeSet('t')];
    const distances = (path: string) =>
      write(
        `${basename(path)}-distances`,
        readFileSync(path, 'utf8').replace(/(\S+)$/gm, (score) => `${-Number(score)}`),
      );
    const common = { dev: [distances(dev.a)], devTrials: dev.trials, scores: [test.a], out: join(dir, 'turned.txt') };
    assert.equal(calibrateScoreFiles(common).reversed, true);
    assert.equal(calibrateScoreFiles({ ...common, dev: [dev.a] }).reversed, undefined);
    assert.throws(
      () => calibrateScoreFiles({ ...common, method: 'pav' }),
      /d-a\.txt-distances: targets do not tend to have higher scores/,
    );
  });

  it('does not overwrite what it reads', () => {
    const [dev, test] = [makeSet('d'), makeSet('t')];
    const common = { dev: [dev.a], devTrials: dev.trials, scores: [test.a] };
    for (const out of [dev.a, test.a, dev.trials]) {
      const before = readFileSync(out, 'utf8');
      assert.throws(() => calibrateScoreFiles({ ...common, out }), /is an input, and would be overwritten/);
      assert.equal(readFileSync(out, 'utf8'), before);
    }
  });

  it('applies what it has learned before, with the same features only', () => {
    const [dev, test, other] = [makeSet('d'), makeSet('t'), makeSet('o')];
    const both = { dev: [dev.a, dev.b], devTrials: dev.trials, scores: [test.a, test.b] };
    const at = (name: string) => join(dir, name);
    calibrateScoreFiles({ ...both, out: at('learned.txt') });
    const calibration = at('learned.txt.json');
    // Applied to the same scores it gives the same ratios; to others those of the same formula.
    applyCalibrationFile({ calibration, scores: [test.a, test.b], out: at('again.txt') });
    assert.equal(readFileSync(at('again.txt'), 'utf8'), readFileSync(at('learned.txt'), 'utf8'));
    const { features, trials, evaluation } = applyCalibrationFile({
      calibration,
      scores: [other.labelled, other.b],
      out: at('others.txt'),
    });
    assert.deepEqual([features, trials], [['score of system 1', 'score of system 2'], 276]);
    assert.ok(evaluation!.cllr! < 1 && readScores(at('others.txt')).labels);

    const pav = { dev: [dev.a], devTrials: dev.trials, scores: [test.a], method: 'pav' as const, out: at('curve.txt') };
    calibrateScoreFiles(pav);
    applyCalibrationFile({ calibration: at('curve.txt.json'), scores: [test.a], out: at('again.txt') });
    assert.equal(readFileSync(at('again.txt'), 'utf8'), readFileSync(at('curve.txt'), 'utf8'));

    const refuses = (options: Partial<Parameters<typeof applyCalibrationFile>[0]>, message: RegExp) =>
      assert.throws(
        () => applyCalibrationFile({ calibration, scores: [other.a, other.b], out: at('none.txt'), ...options }),
        (error) => error instanceof UserError && message.test(error.message),
      );
    refuses({ scores: [other.a] }, /learned\.txt\.json: learned from the scores of 2 systems, got 1 score files/);
    refuses({ quality: [other.quality] }, /learned from score of system 1, score of system 2; got .*, higher o-q/);
    refuses({ calibration: other.a }, /o-a\.txt: cannot be read as a calibration/);
    refuses({ calibration: write('no.json', '{"method": "logistic"}') }, /no\.json: expected a calibration .* systems/);
    refuses({ calibration: at('nowhere.json') }, /nowhere\.json: cannot be read/);
    refuses({ out: other.a }, /would be overwritten/);
    refuses({ out: calibration }, /would be overwritten/);
    assert.throws(() => readFileSync(at('none.txt')));
  });

  it('refuses to calibrate what it learned from, scores without labels, and development trials of one kind', () => {
    const [dev, test] = [makeSet('d'), makeSet('t')];
    const out = join(dir, 'none.txt');
    const refuses = (options: Partial<Parameters<typeof calibrateScoreFiles>[0]>, message: RegExp) =>
      assert.throws(
        () => calibrateScoreFiles({ dev: [dev.a], devTrials: dev.trials, scores: [test.a], out, ...options }),
        (error) => error instanceof UserError && message.test(error.message),
      );
    refuses({ scores: [dev.b] }, /276 of 276 trials are development trials of .*d-a\.txt too, such as /);
    refuses({ devTrials: undefined }, /development scores have no labels.*\n.*--dev-trials FILE/);
    const targets = write('targets.txt', 'd0 d1 1 target\nd0 d2 2 target\n');
    refuses({ dev: [targets], devTrials: undefined }, /got 2 target and 0 nontarget trials/);
    assert.throws(() => readFileSync(out));
  });
});
