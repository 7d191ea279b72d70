/** @file Installing an engine: what is fetched, what is kept when it stops, what is said when something is missing. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEngineRecord, writeEngineRecord } from '../../../src/engine/engines-folder/engines-folder.js';
import { checkRoom, installEngine, listEngines, removeEngine } from '../../../src/engine/install/install-engine.js';
import { UserError } from '../../../src/errors.js';
import { skip } from '../../skip.js';
import { type FakeTool, type FakeTools, makeFakeTools } from './fake-tools.js';

const WHEEL = 'tensorflow-cpu==2.18.1';
const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
const runsHere = process.platform === 'linux' && process.arch === 'x64' && header.glibcVersionRuntime !== undefined;

describe('installing an engine', () => {
  const before = { ...process.env };
  let root: string;
  let folder: string;
  let tools: FakeTools;
  beforeEach(function () {
    if (!runsHere) skip(this, 'engines can be installed on Linux with glibc on x86-64');
    root = mkdtempSync(join(tmpdir(), 'acanet-engines-'));
    folder = join(root, 'engines', 'tensorflow');
    tools = makeFakeTools(join(root, 'tools'));
    process.env.ACANET_ENGINES = join(root, 'engines');
    process.env.PATH = tools.path;
  });
  afterEach(() => {
    process.env.PATH = before.PATH;
    if (before.ACANET_ENGINES === undefined) delete process.env.ACANET_ENGINES;
    else process.env.ACANET_ENGINES = before.ACANET_ENGINES;
    if (root) rmSync(root, { recursive: true, force: true });
  });

  const install = async () => {
    const lines: string[] = [];
    return { ...(await installEngine('tensorflow', { log: (line) => lines.push(line) })), said: lines.join('\n') };
  };
  const refusal =
    (exitCode: number, ...parts: string[]) =>
    (error: unknown) => {
      assert.ok(error instanceof UserError, String(error));
      for (const part of parts) assert.ok(error.message.includes(part), error.message);
      assert.equal(error.exitCode, exitCode, error.message);
      return true;
    };
  const stateOf = (name: string) => listEngines().find((each) => each.name === name)?.state;
  /** What was called, in a word each. */
  const calls = () => tools.calls().map((call) => /^npm install|^python3 (-m pip download|-c)|^g\+\+/.exec(call)?.[0]);
  const EVERYTHING = ['npm install', 'python3 -m pip download', 'python3 -c', 'g++'];

  it('fetches, unpacks, compiles and tries it, and says before what it will take', async () => {
    assert.equal(stateOf('tensorflow'), 'not installed');
    const { said, devices, bytes } = await install();
    assert.match(said, /into .*engines\/tensorflow\n {2}to download: \d+ MB; on the disk then: .*; free: /);
    assert.deepEqual(
      devices.map(({ works, remark }) => [works, remark.split(',')[0]]),
      [[true, 'TensorFlow 0.0.1']],
    );
    assert.ok(bytes > 0);
    assert.deepEqual(calls(), EVERYTHING);
    assert.equal(stateOf('tensorflow'), 'installed');
    assert.equal(readFileSync(join(folder, 'wheels/tensorflow/libtensorflow_cc.so.2'), 'utf8'), 'a library');
    assert.ok(!existsSync(join(folder, 'wheels/tensorflow/python.py')), 'only the libraries');
    assert.ok(!existsSync(join(folder, 'downloads')), 'no wheel is left');
  });

  it('fetches nothing that is there and whole', async () => {
    await install();
    tools.calls();
    const { said } = await install();
    assert.deepEqual(tools.calls(), []);
    assert.match(said, /3 of 3 pieces are there already/);
  });

  it('goes on where a download has failed', async () => {
    tools.set('offline', true);
    await assert.rejects(install(), refusal(69, WHEEL, 'Failed to establish a new connection', 'pip download'));
    assert.equal(stateOf('tensorflow'), 'unfinished');
    tools.set('offline', false);
    tools.calls();
    await install();
    assert.deepEqual(calls(), EVERYTHING.slice(1));
  });

  it('refuses a wheel that differs from its check sums, keeps nothing of it, and fetches it again', async () => {
    tools.set('damaged', true);
    await assert.rejects(install(), refusal(1, WHEEL, 'libtensorflow_cc.so.2 differs from its check sum', 'again'));
    assert.equal(stateOf('tensorflow'), 'unfinished');
    tools.set('damaged', false);
    tools.calls();
    await install();
    assert.deepEqual(calls(), EVERYTHING.slice(1));
  });

  it('uses a wheel that was fetched before it was stopped, and fetches a broken one again', async () => {
    for (const [file, expected] of [
      ['whole.whl', EVERYTHING.filter((call) => !call.includes('download'))],
      ['damaged.whl', ['npm install', 'python3 -c', ...EVERYTHING.slice(1)]],
    ] as const) {
      writeEngineRecord({ engine: 'tensorflow', complete: false, pieces: {} });
      mkdirSync(join(folder, 'downloads'));
      const wheel = join(folder, 'downloads', 'tensorflow_cpu-2.18.1-cp311-cp311-x.whl');
      writeFileSync(wheel, readFileSync(join(tools.path, file)));
      await install();
      assert.deepEqual(calls(), expected);
      removeEngine('tensorflow');
    }
  });

  it('makes again what has been damaged since, and that alone', async () => {
    await install();
    tools.calls();
    writeFileSync(join(folder, 'wheels/tensorflow/libtensorflow_cc.so.2'), 'a librarx');
    await install();
    assert.deepEqual(calls(), EVERYTHING.slice(1, 3));
  });

  it('removes what an earlier version was made of', async () => {
    await install();
    const record = readEngineRecord('tensorflow')!;
    writeFileSync(join(folder, 'wheels', 'old.so'), 'old');
    const old = { files: ['wheels/old.so'], sha256: '' };
    writeEngineRecord({ ...record, pieces: { ...record.pieces, 'tensorflow-cpu==1.0': old } });
    await install();
    assert.ok(!existsSync(join(folder, 'wheels', 'old.so')));
    assert.deepEqual(Object.keys(readEngineRecord('tensorflow')!.pieces).length, 3);
  });

  for (const [tool, remedy] of [
    ['npm', 'apt install npm'],
    ['python3', 'apt install python3-pip'],
    ['g++', 'apt install g++'],
  ] as [FakeTool, string][]) {
    it(`names the package that brings ${tool}, before anything is fetched`, async () => {
      tools.remove(tool);
      await assert.rejects(install(), refusal(69, `${tool}`, remedy));
      assert.deepEqual(
        tools.calls().filter((call) => / install| download/.test(call)),
        [],
      );
      assert.ok(!existsSync(folder));
    });
  }

  it('is told of too little room', () => {
    assert.doesNotThrow(() => checkRoom(folder, 1e9, 1e9));
    assert.throws(
      () => checkRoom(folder, 2.5e9, 1e9),
      refusal(69, 'expected room for 2.5 GB', 'has 1.0 GB left', '--dir'),
    );
  });

  it('leaves a folder alone that it has not made', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'thesis.tex'), 'precious');
    await assert.rejects(install(), refusal(1, folder, 'acanet has not made it'));
    assert.throws(() => removeEngine('tensorflow'), refusal(1, folder, 'there is no engine'));
    assert.equal(readFileSync(join(folder, 'thesis.tex'), 'utf8'), 'precious');
  });

  it('does not count as installed if it does not work', async () => {
    const npm = join(tools.path, 'npm');
    writeFileSync(
      npm,
      readFileSync(npm, 'utf8').replace("'index.js'), ", "'index.js'), 'throw new Error(\"no symbol\");' + "),
    );
    await assert.rejects(install(), refusal(1, 'does not work', 'no symbol', 'acanet engine remove tensorflow'));
    assert.equal(stateOf('tensorflow'), 'unfinished');
  });

  it('removes an engine with all that is in its folder', async () => {
    await install();
    assert.ok(removeEngine('tensorflow') > 0);
    assert.ok(!existsSync(folder));
    assert.equal(stateOf('tensorflow'), 'not installed');
  });
});
