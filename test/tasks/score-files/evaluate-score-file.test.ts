import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../../src/errors.js';
import { keyedRandom } from '../../../src/random.js';
import { reportOnScoreFile, type ScoreReportOptions } from '../../../src/tasks/score-files/evaluate-score-file.js';
import { formatScoreReport } from '../../../src/report/score-report.js';

describe('evaluate-score-file', () => {
  let dir: string;
  const write = (name: string, text: string) => {
    const path = join(dir, name);
    writeFileSync(path, text);
    return path;
  };
  before(() => (dir = mkdtempSync(join(tmpdir(), 'acanet-evaluate-'))));
  after(() => rmSync(dir, { recursive: true }));

  const utterances = Array.from({ length: 32 }, (_, i) => ({
    id: `u${i}`,
    speaker: `s${i >> 2}`,
    path: `/audio/u${i}.wav`,
    duration: 1 + (i % 4) * 3,
    sampleRate: 16000,
    channels: 1,
    gender: (i >> 2) % 2 === 0 ? 'f' : 'm',
    session: `s${i >> 2}-${i % 2}`,
    corpus: 'test',
    split: 'test',
  }));
  const random = keyedRandom('evaluate-score-file.test');
  const trials = utterances.flatMap((a, i) =>
    utterances.slice(i + 1).map((b) => {
      const target = a.speaker === b.speaker;
      return { enroll: a.id, test: b.id, target, score: (target ? 1 : 0) + 0.5 * random.normal() };
    }),
  );
  const list = () =>
    write('trials.txt', trials.map((t) => `${t.enroll} ${t.test} ${t.target ? 'target' : 'nontarget'}\n`).join(''));
  const scores = () => write('scores.txt', trials.map((t) => `${t.enroll} ${t.test} ${t.score}\n`).join(''));
  const manifest = () => write('manifest.jsonl', utterances.map((u) => `${JSON.stringify(u)}\n`).join(''));
  const speakers = () => write('utt2spk', utterances.map(({ id, speaker }) => `${id} ${speaker}\n`).join(''));

  it('gives every measure an interval that holds it, from a manifest or from speakers alone', () => {
    const options: ScoreReportOptions = { trials: list(), calibrated: true, resamples: 200, seed: 5 };
    const report = reportOnScoreFile(scores(), { ...options, manifest: manifest() });
    assert.equal(report.bootstrap?.speakers, 8);
    for (const name of ['eer', 'minDcf', 'minDcf005', 'minCllr', 'cllr'] as const) {
      const [low, high] = report.intervals![name]!;
      assert.ok(low <= report[name]! && report[name]! <= high && low < high, name);
    }
    assert.equal(
      Object.keys(report.intervals!).join(' '),
      'eer minCllr minDcf minDcf005 minDcf0001 actDcf actDcf005 actDcf0001 cllr',
    );
    assert.equal(
      report.operatingPoints.map(({ at }) => at).join(' '),
      'EER minDCF(0.01) minDCF(0.05) minDCF(0.001) actDCF(0.01) actDCF(0.05) actDCF(0.001)',
    );
    const bare = reportOnScoreFile(scores(), { ...options, speakers: speakers() });
    assert.deepEqual(bare.intervals, report.intervals);
  });

  it('warns of distances, which are lower for targets', () => {
    const distances = write('distances.txt', trials.map((t) => `${t.enroll} ${t.test} ${1 - t.score}\n`).join(''));
    const { warnings = [], eer } = reportOnScoreFile(distances, { trials: list() });
    assert.ok(eer > 0.5);
    assert.match(warnings.join(), /distances\.txt: the EER of \d+\.\d % is above the 50 % of guessing/);
    assert.equal(reportOnScoreFile(scores(), { trials: list() }).warnings, undefined);
  });

  it('gives intervals of infinite log-likelihood ratios', () => {
    // The surest targets and nontargets: their order stays, and so do the rates.
    const sure = (score: number) => (score > 1.5 ? '+inf' : score < -0.5 ? '-inf' : score);
    const lines = trials.map((t) => `${t.enroll} ${t.test} ${sure(t.score)}\n`).join('');
    const options: ScoreReportOptions = { trials: list(), calibrated: true, resamples: 50, manifest: manifest() };
    const infinite = reportOnScoreFile(write('llrs.txt', lines), options);
    const finite = reportOnScoreFile(scores(), options);
    assert.equal(infinite.eer, finite.eer);
    assert.ok(infinite.intervals!.eer!.every(Number.isFinite));
    // A nontarget's is among the wrong ones, whose cost has no end.
    assert.deepEqual([infinite.cllr, infinite.intervals!.cllr], [Infinity, [0, Infinity]]);
    assert.ok(formatScoreReport(infinite).includes('EER'));
  });

  it('says why there are no intervals: unknown speakers, or too few of them', () => {
    const { intervals, noIntervals } = reportOnScoreFile(scores(), { trials: list() });
    assert.equal(intervals, undefined);
    assert.match(noIntervals!, /not known.*--manifest FILE or --speakers FILE/);
    const few = write('few.txt', 'u0 u1 1 target\nu0 u4 0 nontarget\n');
    assert.match(reportOnScoreFile(few, { speakers: speakers() }).noIntervals!, /2 speakers are too few/);
  });

  it('knows the errors at operating points', () => {
    const { operatingPoints, eer, targets } = reportOnScoreFile(scores(), { trials: list(), thresholds: [0.5] });
    const { at, miss, falseAlarm, recall, precision } = operatingPoints.at(-1)!;
    const accepted = trials.filter(({ score }) => score >= 0.5);
    const hits = accepted.filter(({ target }) => target).length;
    assert.deepEqual([at, recall, precision], ['given', hits / targets, hits / accepted.length]);
    assert.ok(Math.abs(1 - recall - miss) < 1e-12 && falseAlarm > 0);
    assert.ok(Math.abs(operatingPoints[0].miss - eer) < 1 / targets);
  });

  it('shows slices with intervals, worst speakers first, worst trials with their audio', () => {
    const report = reportOnScoreFile(scores(), {
      trials: list(),
      manifest: manifest(),
      resamples: 50,
      slices: ['gender', 'session', 'speaker'],
      worst: 2,
    });
    const bySpeaker = report.slices!.filter(({ by }) => by === 'speaker');
    assert.equal(bySpeaker.length, 8);
    assert.ok(bySpeaker[0].miss + bySpeaker[0].falseAlarm >= bySpeaker[7].miss + bySpeaker[7].falseAlarm);
    const within = report.slices!.find(({ name }) => name === 'within a session')!;
    assert.equal(within.targets, 16);
    assert.ok(within.intervals?.eer);
    assert.equal(report.slices!.find(({ name }) => name === 'female')!.intervals, undefined); // of 4 speakers
    assert.deepEqual(
      report.worst!.map(({ target }) => target),
      [true, true, false, false],
    );
    assert.match(report.worst![0].enrollPaths![0], /^\/audio\/u\d+\.wav$/);
    const text = formatScoreReport(report, { speakers: 3 });
    for (const part of [/EER +\d+\.\d\d % +\d/, /The 3 worst of 8 speakers/, /gender: one of each/, /\/audio\/u/]) {
      assert.match(text, part);
    }
  });

  it('says why there are no intervals where few speakers have targets, or one is in every nontarget trial', () => {
    const reasonFor = (kept: typeof trials) => {
      const lines = kept.map((t) => `${t.enroll} ${t.test} ${t.score} ${t.target ? 'target' : 'nontarget'}\n`);
      return reportOnScoreFile(write('few.txt', lines.join('')), { manifest: manifest() }).noIntervals;
    };
    const ofFirst = ({ enroll }: { enroll: string }) => ['u0', 'u1', 'u2', 'u3'].includes(enroll);
    assert.match(
      reasonFor(trials.filter((t) => !t.target || ofFirst(t)))!,
      /^1 speakers with target trials are too few to resample, at least 5/,
    );
    assert.match(reasonFor(trials.filter((t) => t.target || ofFirst(t)))!, /^speaker s0 is in every nontarget trial/);
  });

  it('takes models as the speakers of their utterances', () => {
    // Model k is of the first two utterances of speaker k, and tried with the third of its own and of the next speaker.
    const tried = [0, 1, 2, 3, 4].flatMap((k) => [
      { pair: `m${k} u${4 * k + 2}`, label: 'target', score: 1 + k / 10 },
      { pair: `m${k} u${(4 * k + 6) % 20}`, label: 'nontarget', score: k / 3 },
    ]);
    const trialList = write('models.txt', tried.map(({ pair, label }) => `${pair} ${label}\n`).join(''));
    const map = write('map.txt', [0, 1, 2, 3, 4].map((k) => `m${k} u${4 * k} u${4 * k + 1}\n`).join(''));
    const scored = write('model-scores.txt', tried.map(({ pair, score }) => `${pair} ${score}\n`).join(''));
    const options = { trials: trialList, enrollMap: map, resamples: 20, slices: ['duration'] as const };
    const report = reportOnScoreFile(scored, { ...options, slices: ['duration'], manifest: manifest() });
    assert.equal(report.bootstrap?.speakers, 5);
    assert.equal(reportOnScoreFile(scored, { ...options, slices: [], speakers: speakers() }).bootstrap?.speakers, 5);
    const mixed = write('mixed.txt', [0, 1, 2, 3, 4].map((k) => `m${k} u${4 * k} u${(4 * k + 5) % 20}\n`).join(''));
    for (const known of [{ manifest: manifest() }, { speakers: speakers(), slices: [] }]) {
      assert.throws(
        () => reportOnScoreFile(scored, { ...options, enrollMap: mixed, ...known }),
        /: model m0 has utterances of several speakers: s0, s1$/,
      );
    }
  });

  it('warns where few errors decide a measure', () => {
    const { warnings = [] } = reportOnScoreFile(scores(), { trials: list(), speakers: speakers(), resamples: 20 });
    assert.match(warnings.join(), /^intervals are likely too narrow where few errors decide: .*minDCF\(0\.001\) \(misses: \d+, false alarms: \d\)/); // prettier-ignore
  });

  const wrong: [string, () => void, RegExp][] = [
    ['scores without labels', () => reportOnScoreFile(scores()), /have no labels.*\n.*--trials FILE/],
    [
      'slices without a manifest',
      () => reportOnScoreFile(scores(), { trials: list(), slices: ['gender'] }),
      /--manifest/,
    ],
    [
      'a pair with both labels in the scores',
      () => reportOnScoreFile(write('both.txt', 'a b 1 target\nb a 1 nontarget\n')),
      /both\.txt: 1 pairs have both labels: b a/,
    ],
    [
      'a pair with two scores',
      () => reportOnScoreFile(write('twice.txt', 'a b 1 target\na c 0 nontarget\na b 2 target\n')),
      /twice\.txt: two scores for a b: 1 and 2/,
    ],
    [
      'a pair with both labels in the list, in the other order',
      () => reportOnScoreFile(scores(), { trials: write('conflict.txt', 'u1 u0 nontarget\nu0 u1 target\n') }),
      /conflict\.txt: 1 pairs have both labels/,
    ],
    [
      'utterances that the manifest does not know',
      () => {
        const path = write('others.txt', 'u0 v1 1 target\nu0 u9 0 nontarget\n');
        reportOnScoreFile(path, { manifest: manifest() });
      },
      /1 ids in the trials are not in the manifest: v1\n/,
    ],
    [
      'an utterance of two speakers',
      () => reportOnScoreFile(scores(), { trials: list(), speakers: write('two', 'u0 a\nu0 b\n') }),
      /two:2: u0 belongs to speaker b here, and to a on an earlier line/,
    ],
    ['trials of one kind', () => reportOnScoreFile(write('one.txt', 'a b 1 target\n')), /got 1 target and 0 nontarget/],
  ];
  for (const [what, action, message] of wrong) {
    it(`refuses ${what}`, () =>
      assert.throws(action, (error) => error instanceof UserError && message.test(error.message)));
  }

  it('gives a defined value where all scores are equal', () => {
    const path = write('ties.txt', 'u0 u1 1 target\nu0 u4 1 nontarget\nu0 u8 1 nontarget\n');
    const { eer, minDcf, minCllr } = reportOnScoreFile(path);
    assert.deepEqual([eer, minDcf, minCllr], [0.5, 1, 1]);
  });
});
