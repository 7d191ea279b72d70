/**
 * @file The first things that a new user types, in an empty folder: the four commands of the card, the greeting, what
 * comes next.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TINY_RECIPE } from './tiny-recipe.js';

const door = fileURLToPath(new URL('../../../bin/acanet.js', import.meta.url));

describe('first steps', () => {
  let folder: string;
  let work: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-first-'));
    writeFileSync(join(folder, 'tiny.yaml'), TINY_RECIPE);
    mkdirSync((work = join(folder, 'empty')));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const acanet = (args: string[], { cwd = work, recipe = '' } = {}) =>
    spawnSync(process.execPath, [door, ...args], {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, ACANET_RECIPE: recipe },
    });

  it('are greeted, with the commands that matter', () => {
    const { status, stdout } = acanet([]);
    assert.equal(status, 0);
    assert.match(stdout, /^ {2}acanet demo .*\n {2}acanet recipes .*\n {2}acanet --help .*\n$/m);
    assert.ok(stdout.split('\n').every((line) => line.length < 80));
  });

  it('say which recipe is taken and why, how long it takes and what else there is, and do no harm by a mistake', () => {
    const { status, stderr } = acanet(['score', 'nosuch.txt']);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^recipe demo, as none is named and none was used in exp before: .* minutes on two cores; work folder/,
    );
    assert.match(stderr, /--recipe NAME: ablation-aca-net, .*wsj0-comparison \(acanet recipes/);
    assert.match(stderr, /✖ nosuch\.txt: no such trial list/);
    const asked = acanet(['compare', '--scores', `a=${door}`, '--scores', `b=${door}`]);
    assert.match(asked.stderr, /✖ on which trials\? --trials FILE/);
    assert.deepEqual(readdirSync(work), []);
  });

  it('go from the corpus to the comparison with the four commands of the card, each naming the next', () => {
    const steps: [args: string[], next: string | undefined][] = [
      [['prep'], 'acanet train'],
      [['train'], 'acanet score trials.txt'],
      [['score', 'trials.txt'], 'acanet compare baseline'],
      [['compare', 'baseline'], 'acanet report --open'],
    ];
    for (const [args, next] of steps) {
      const { status, stdout, stderr } = acanet(args, { recipe: join(folder, 'tiny.yaml') });
      assert.equal(status, 0, stderr);
      assert.match(stderr, /^recipe tiny \(\$ACANET_RECIPE\), work folder exp\/tiny\n/);
      assert.match(stderr, new RegExp(`\nnext: ${next}\n$`));
      assert.ok(stdout.length > 0);
    }
    assert.ok(existsSync(join(work, 'exp/tiny/report/index.html')));
  });

  it('use a model by its system or its folder, and tell the two apart', () => {
    const audio = readdirSync(join(work, 'exp/tiny/audio'), { recursive: true }).find((name) =>
      `${name}`.endsWith('.wav'),
    );
    const file = join(work, 'exp/tiny/audio', `${audio}`);
    const embedded = ['small', 'exp/tiny/average/small'].map((model) => {
      const { status, stderr } = acanet(['embed', file, '--model', model, '--out', 'x.ark']);
      assert.equal(status, 0, stderr);
      return readFileSync(join(work, 'x.ark'));
    });
    assert.deepEqual(embedded[0], embedded[1]);
    const { status, stderr } = acanet(['train', '--model', 'exp/tiny/average/small']);
    assert.equal(status, 1);
    assert.match(stderr, /✖ exp\/tiny\/average\/small is a folder: expected a system of recipe tiny: small, other\n/);
  });

  it('leave the recipe’s own report as it is when scores from elsewhere are compared', () => {
    cpSync(join(work, 'exp/tiny/score/small/scores.txt'), join(work, 'theirs.txt'));
    const page = () => readFileSync(join(work, 'exp/tiny/report/index.html'), 'utf8');
    const before = page();
    const { status, stderr } = acanet(['compare', '--scores', 'theirs=theirs.txt']);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /report: exp\/tiny\/report-others\/index\.html/);
    assert.equal(page(), before);
    const report = acanet(['report']);
    assert.equal(report.status, 0, report.stderr);
    assert.equal(report.stdout, 'exp/tiny/report/index.html\n');
  });
});
