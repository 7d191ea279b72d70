/** @file Stages: what is skipped, run again, resumed and set aside, and how it is explained. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DamagedFile } from '../../../src/storage/written-files.js';
import type { Stage } from '../../../src/recipe/running/stage.js';
import { planStages, runStages } from '../../../src/recipe/running/stage-runner.js';

describe('stage runner', () => {
  let workFolder: string;
  let ran: string[];
  beforeEach(() => {
    workFolder = mkdtempSync(join(tmpdir(), 'acanet-stages-'));
    ran = [];
  });
  afterEach(() => rmSync(workFolder, { recursive: true, force: true }));

  /** A stage whose outcome is its settings' `value` and those of the stages before it. */
  const stage = (name: string, needs: string[], value: unknown, rest: Partial<Stage> = {}): Stage => ({
    name,
    needs,
    settings: { value },
    version: 1,
    whenChanged: 'remove',
    resumable: false,
    run: ({ folder, folderOf }) => {
      ran.push(name);
      const inherited = needs.map((need) => readFileSync(join(folderOf(need), 'out'), 'utf8'));
      const text = [...inherited, String(value).toLowerCase()].join('+');
      writeFileSync(join(folder, 'out'), text);
      return Promise.resolve({ outputHash: text, outputs: ['out'], summary: text });
    },
    ...rest,
  });
  const chain = (a: unknown, b: unknown = 'b') => [stage('a', [], a), stage('b', ['a'], b), stage('c/x', ['b'], 'c')];
  const run = async (stages: Stage[], options: { targets?: string[]; force?: string[] } = {}) => {
    ran = [];
    await runStages({ workFolder, stages, ...options });
    return ran;
  };
  const plan = (stages: Stage[]) =>
    planStages({ workFolder, stages }).map(({ action, reasons }) => `${action}: ${reasons.join('; ')}`);

  it('runs everything once and then nothing', async () => {
    assert.deepEqual(plan(chain('a'))[0], 'run: has not been run');
    assert.deepEqual(await run(chain('a')), ['a', 'b', 'c/x']);
    assert.deepEqual(await run(chain('a')), []);
    assert.deepEqual(plan(chain('a')), ['skip: up to date', 'skip: up to date', 'skip: up to date']);
  });

  it('runs what a changed setting touches, and names the setting', async () => {
    await run(chain('a'));
    assert.deepEqual(plan(chain('a', 'z')), ['skip: up to date', 'run: value: "b" → "z"', 'if changed: b will run']);
    assert.deepEqual(await run(chain('a', 'z')), ['b', 'c/x']);
  });

  it('stops where a stage that was run again gives what it gave before', async () => {
    await run(chain('a'));
    assert.deepEqual(await run(chain('A')), ['a']);
  });

  it('runs only what is asked for and what that needs', async () => {
    assert.deepEqual(await run(chain('a'), { targets: ['b'] }), ['a', 'b']);
    await assert.rejects(run(chain('a'), { targets: ['d'] }), /no stage "d".*; there are a, b, c\/x/);
  });

  it('leaves a stage alone that needs a part which is as it was', async () => {
    const parts = (value: string) =>
      stage('a', [], value, {
        run: ({ folder }) => {
          ran.push('a');
          writeFileSync(join(folder, 'out'), value);
          const [first, second] = value.split(' ');
          return Promise.resolve({ outputHash: value, partHashes: { first, second }, outputs: ['out'], summary: '' });
        },
      });
    const stages = (value: string) =>
      [parts(value), stage('b', ['a:first'], 'b'), stage('c/x', ['a'], 'c')].map(reading);
    const reading = (each: Stage): Stage =>
      each.name === 'a'
        ? each
        : {
            ...each,
            run: ({ folder, folderOf }) => {
              ran.push(each.name);
              const text = `${each.name}+${readFileSync(join(folderOf('a'), 'out'), 'utf8')}`;
              writeFileSync(join(folder, 'out'), text);
              return Promise.resolve({ outputHash: text, outputs: ['out'], summary: '' });
            },
          };
    assert.deepEqual(await run(stages('x y')), ['a', 'b', 'c/x']);
    assert.deepEqual(plan(stages('x y')), ['skip: up to date', 'skip: up to date', 'skip: up to date']);
    assert.deepEqual(plan(stages('x z')).slice(1), ['if changed: a will run', 'if changed: a will run']);
    assert.deepEqual(await run(stages('x z')), ['a', 'c/x']);
    assert.deepEqual(await run(stages('w z')), ['a', 'b', 'c/x']);
  });

  it('runs a stage that is forced', async () => {
    await run(chain('a'));
    assert.deepEqual(await run(chain('a'), { force: ['b'] }), ['b']);
  });

  it('leaves a finished result as it was when the run that should replace it fails', async () => {
    await run(chain('a'));
    const failing = stage('a', [], 'typo', { run: () => Promise.reject(new Error('no such folder')) });
    await assert.rejects(run([failing]), /no such folder/);
    assert.deepEqual(await run(chain('a')), []);
    assert.deepEqual(readdirSync(workFolder).sort(), ['a', 'b', 'c']);
  });

  it('refuses to force a stage that does not exist', async () => {
    await assert.rejects(run(chain('a'), { force: ['d'] }), /--force: no stage "d".*; there are a, b, c\/x/);
    assert.throws(() => planStages({ workFolder, stages: chain('a'), force: ['d'] }), /no stage "d"/);
  });

  it('says which stages it takes now and no longer, rather than that they changed', async () => {
    await run(chain('a'));
    const [a, b] = chain('a');
    assert.equal(plan([a, b, stage('c/x', ['a'], 'c')])[2], 'run: no longer takes b; takes a too');
  });

  it('runs a stage again whose output is gone', async () => {
    await run(chain('a'));
    rmSync(join(workFolder, 'b/out'));
    assert.deepEqual(plan(chain('a'))[1], 'run: out is gone');
    assert.deepEqual(await run(chain('a')), ['b']);
  });

  it('takes away what was made after an output that is gone, before it resumes', async () => {
    const taken: string[] = [];
    const removeAfter = (folder: string, gone: readonly string[]) => taken.push(existsSync(join(folder, '.done.json')) ? gone.join() : 'late'); // prettier-ignore
    const building = stage('a', [], 'a', { resumable: true, removeAfter });
    await run([building]);
    rmSync(join(workFolder, 'a/out'));
    assert.deepEqual(plan([building]), ['resume: out is gone']);
    assert.deepEqual(await run([building]), ['a']);
    assert.deepEqual(taken, ['out']);
  });

  it('runs a stage where settings differ that have nothing in them', async () => {
    const phased = (...phases: object[]) => [stage('a', [], 'a', { settings: { value: 'a', phases } })];
    await run(phased({}));
    assert.deepEqual(plan(phased({}, {})), ['run: phases.1: not set → {}']);
    assert.deepEqual(await run(phased({}, {})), ['a']);
    assert.deepEqual(await run(phased({}, {})), []);
    assert.deepEqual(plan(phased({ a: {} }, {})), ['run: phases.0: {} → not set; phases.0.a: not set → {}']);
  });

  it('builds on nothing where a stage is forced that else builds on what is there', async () => {
    const keeping = (seen: (boolean | undefined)[]) =>
      stage('a', [], 'a', {
        ...{ resumable: true, whenChanged: 'keep' },
        run: ({ folder, anew }) => {
          seen.push(existsSync(join(folder, 'piece')), anew);
          writeFileSync(join(folder, 'piece'), '');
          return Promise.resolve({ outputHash: 'x', outputs: ['piece'], summary: '' });
        },
      });
    const seen: (boolean | undefined)[] = [];
    await run([keeping(seen)]);
    await run([{ ...keeping(seen), version: 2 }]);
    await run([{ ...keeping(seen), version: 2 }], { force: ['a'] });
    assert.deepEqual(seen, [false, false, true, false, false, true]);
  });

  it('makes a stage again whose files have changed, where something is to be made of them, and says so', async () => {
    const files = (...names: string[]) => names.map((name) => join(workFolder, name, 'out'));
    const [first, second] = files('a', 'b');
    await run(chain('a'));
    for (const path of [first, second]) writeFileSync(path, 'other bytes');
    assert.deepEqual(await run(chain('a'), { targets: ['c/x'] }), [], 'nothing is made of them');
    assert.deepEqual(plan(chain('a', 'z'))[0].replace(/[0-9a-f]{12}/g, '#'), 'run: out is not as it was written: expected SHA-256 # and 1 bytes, got # and 11 bytes'); // prettier-ignore
    const said: string[] = [];
    ran = [];
    await runStages({
      workFolder,
      stages: chain('a'),
      targets: ['c/x'],
      force: ['c/x'],
      log: (line) => said.push(line),
    });
    assert.deepEqual(ran, ['a', 'b', 'c/x'], 'b is made of a');
    assert.match(said.join('\n'), /! .*b: damaged; it is made again\n= a: up to date|! .*a: damaged; it is made again/);
    assert.deepEqual([readFileSync(first, 'utf8'), readFileSync(second, 'utf8')], ['a', 'a+b']);
    assert.deepEqual(await run(chain('a')), []);
  });

  it('makes a result that is wanted itself again, and resumes what can be resumed, without the damaged file', async () => {
    const found: string[][] = [];
    const resumable = stage('a', [], 'a', { resumable: true, whenChanged: 'set aside' });
    const watched: Stage = {
      ...resumable,
      run: (context) => {
        found.push(readdirSync(context.folder).filter((name) => !name.startsWith('.')));
        return resumable.run(context);
      },
    };
    await run([watched]);
    writeFileSync(join(workFolder, 'a', 'out'), 'x');
    assert.deepEqual(await run([watched]), ['a']);
    assert.deepEqual(found, [[], ['out.damaged']]);
  });

  it('makes a stage again in whose file another meets damage while it runs', async () => {
    let met = false;
    const reader = stage('b', ['a'], 'b');
    const meeting: Stage = {
      ...reader,
      run: (context) => {
        if (met) return reader.run(context);
        met = true;
        const path = join(context.folderOf('a'), 'records');
        return Promise.reject(new DamagedFile(`${path}: a record is not as it was written`, path));
      },
    };
    assert.deepEqual(await run([stage('a', [], 'a', { resumable: true, whenChanged: 'keep' }), meeting]), [
      'a',
      'a',
      'b',
    ]);
  });

  for (const rest of [{}, { resumable: true, whenChanged: 'keep' }] as const) {
    it(`gives up a ${'resumable' in rest ? 'resumable ' : ''}stage that is still damaged once it has been made again`, async () => {
      const meeting = stage('b', ['a'], 'b', {
        run: ({ folderOf }) => {
          const path = join(folderOf('a'), 'out');
          return Promise.reject(new DamagedFile(`${path}: a record is not as it was written`, path));
        },
      });
      await assert.rejects(run([stage('a', [], 'a', rest), meeting]), /out: a record is not as it was written/);
      assert.deepEqual(ran, ['a', 'a']);
    });
  }

  it('runs a stage again when its version is raised', async () => {
    await run(chain('a'));
    const raised = [stage('a', [], 'a', { version: 2 }), ...chain('a').slice(1)];
    assert.deepEqual(plan(raised)[0], 'run: acanet does this stage differently now');
  });

  const failing = (rest: Partial<Stage>, fail: () => boolean, value = 'v') =>
    stage('t', [], value, {
      ...rest,
      run: ({ folder }) => {
        ran.push(existsSync(join(folder, 'half')) ? 'continued' : 'started');
        writeFileSync(join(folder, 'half'), '');
        if (fail()) throw new Error('killed');
        return Promise.resolve({ outputHash: 'x', outputs: ['half'], summary: '' });
      },
    });

  it('resumes an interrupted stage that can be resumed, and empties the folder of one that cannot', async () => {
    for (const [resumable, second] of [
      [true, 'continued'],
      [false, 'started'],
    ] as const) {
      rmSync(join(workFolder, 't'), { recursive: true, force: true });
      await assert.rejects(run([failing({ resumable }, () => true)]), /killed/);
      assert.match(
        plan([failing({ resumable }, () => false)])[0],
        resumable ? /^resume: / : /^run: an earlier run did not/,
      );
      assert.deepEqual(await run([failing({ resumable }, () => false)]), [second]);
    }
  });

  it('sets the result of other settings aside where the stage says so', async () => {
    const options = { resumable: true, whenChanged: 'set aside' } as const;
    await run([failing(options, () => false)]);
    assert.deepEqual(await run([failing(options, () => false, 'w')]), ['started']);
    assert.equal(readdirSync(workFolder).filter((name) => name.startsWith('t.')).length, 1);
  });

  it('starts a finished stage from nothing when it is forced', async () => {
    const options = { resumable: true, whenChanged: 'set aside' } as const;
    await run([failing(options, () => false)]);
    assert.deepEqual(await run([failing(options, () => false)], { force: ['t'] }), ['started']);
  });

  it('starts an interrupted stage from nothing when it is forced', async () => {
    const options = { resumable: true, whenChanged: 'set aside' } as const;
    await assert.rejects(run([failing(options, () => true)]), /killed/);
    assert.deepEqual(await run([failing(options, () => false)], { force: ['t'] }), ['started']);
  });

  describe('a result that is set aside rather than removed', () => {
    const options = { resumable: true, whenChanged: 'set aside' } as const;
    const train = (name: string, value: string) => stage(name, [], value, options);

    it('is taken over from a name that no stage has any more', async () => {
      await run([train('t/old', 'v'), train('t/other', 'w')]);
      const renamed = [train('t/new', 'v'), train('t/other', 'w')];
      assert.deepEqual(plan(renamed), ['take over: the same was made as t/old', 'skip: up to date']);
      assert.deepEqual(await run(renamed), []);
      assert.deepEqual(readdirSync(join(workFolder, 't')).sort(), ['new', 'other']);
      assert.deepEqual(plan(renamed), ['skip: up to date', 'skip: up to date']);
    });

    it('is left to the stage that has it', async () => {
      await run([train('t/old', 'v')]);
      assert.deepEqual(plan([train('t/old', 'v'), train('t/new', 'v')])[1], 'run: has not been run');
    });

    it('is taken up again when a setting is changed back, and the other one is kept', async () => {
      await run([train('t', 'v')]);
      assert.deepEqual(await run([train('t', 'w')]), ['t']);
      assert.match(plan([train('t', 'v')])[0], /^take over: the same was made as t\.\d+T\d+$/);
      assert.deepEqual(await run([train('t', 'v')]), []);
      assert.equal(readFileSync(join(workFolder, 't/out'), 'utf8'), 'v');
      assert.deepEqual(await run([train('t', 'w')]), []);
      assert.equal(readFileSync(join(workFolder, 't/out'), 'utf8'), 'w');
    });

    it('is gone on with where it was interrupted', async () => {
      await assert.rejects(run([{ ...failing(options, () => true), name: 'old' }]), /killed/);
      assert.deepEqual(await run([failing(options, () => false)]), ['continued']);
      assert.ok(!existsSync(join(workFolder, 'old')));
    });

    it('is made anew where a process beside this one takes it first', async () => {
      await run([train('t/old', 'v')]);
      ran = [];
      const log = (line: string) => {
        if (/^> t\/new: taking over/.test(line)) renameSync(join(workFolder, 't/old'), join(workFolder, 't/faster'));
      };
      await runStages({ workFolder, stages: [train('t/new', 'v'), train('t/faster', 'w')], targets: ['t/new'], log });
      assert.deepEqual(ran, ['t/new']);
    });

    it('is made anew when that is asked for', async () => {
      await run([train('t/old', 'v')]);
      assert.deepEqual(await run([train('t/new', 'v')], { force: ['t/new'] }), ['t/new']);
    });
  });
});
