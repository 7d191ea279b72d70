/**
 * @file The library as others have it: the packed package, its types, and the program of docs/library.md.
 *
 * Nothing is fetched: acanet's own dependencies are linked into the unpacked package.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fencesOf, root } from '../docs/pages.js';
import { wavPath } from '../features/fixtures.js';
import { writeModelOfTests } from '../tasks/page/model-of-tests.js';

describe('the library in the packed package', () => {
  let folder: string;
  const path = (name: string) => join(folder, name);
  const run = (command: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
    return { status, stdout, said: stdout + stderr };
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-library-'));
    const packed = spawnSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: root });
    assert.equal(packed.status, 0, String(packed.stderr));
    const [tarball] = readdirSync(folder);
    mkdirSync(path('node_modules'));
    assert.equal(run('tar', 'xzf', tarball, '-C', 'node_modules').status, 0);
    cpSync(path('node_modules/package'), path('node_modules/acanet'), { recursive: true });
    symlinkSync(join(root, 'node_modules'), path('node_modules/acanet/node_modules'));
    symlinkSync(join(root, 'node_modules/@types'), path('node_modules/@types'));
    writeFileSync(path('package.json'), JSON.stringify({ type: 'module' }));
    const compilerOptions = { module: 'NodeNext', target: 'ES2023', strict: true, types: ['node'], outDir: 'out' };
    writeFileSync(path('tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    await writeModelOfTests(path('exp/demo/model/aca-net'));
    for (const name of ['a.wav', 'b.wav']) cpSync(wavPath('speech_16k.wav'), path(name));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const compile = () => run(process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', '.');

  it('compiles and runs the program of its page', () => {
    const [example] = fencesOf('docs/library.md').filter(({ language }) => language === 'ts');
    writeFileSync(path('example.ts'), example.text);
    const compiled = compile();
    assert.equal(compiled.status, 0, compiled.said);
    const { status, stdout, said } = run(process.execPath, 'out/example.js');
    assert.equal(status, 0, said);
    const lines = stdout.split('\n');
    assert.match(lines[0], /^ACA-Net \(12 latents.* 250 \[/);
    assert.ok(lines.includes('1.000 12.00 true'), stdout); // one file twice; llr = 20 · 1 − 8
    assert.match(stdout, /^true 0\.9\d+$/m);
    assert.match(stdout, /^EER 50 % at /m);
    assert.match(stdout, /name: 'new',\s+eer: 0,/);
  });

  it('has types that refuse what is wrong', () => {
    const wrong = `import { eer, loadModel } from 'acanet';
const model = await loadModel('x');
export const a: number = await model.embed('a.wav');
export const b = eer('scores', [1]);
export const c = (await loadModel('x', { thread: 1 })).title;
`;
    writeFileSync(path('wrong.ts'), wrong);
    const { status, said } = compile();
    rmSync(path('wrong.ts'));
    assert.notEqual(status, 0);
    for (const line of [3, 4, 5]) assert.match(said, new RegExp(`wrong\\.ts\\(${line},`));
  });

  it('brings the licences of what is bundled into it', () => {
    const licences = readFileSync(path('node_modules/acanet/dist/bundle/echarts.LICENSE.txt'), 'utf8');
    for (const part of ['echarts/NOTICE', 'Apache License', 'LICENSE-d3', 'zrender/LICENSE', 'Baidu'])
      assert.ok(licences.includes(part), part);
  });

  it('gives nothing but its public functions', () => {
    const names = "console.log(Object.keys(await import('acanet')).sort().join())";
    assert.equal(run(process.execPath, '--input-type=module', '-e', names).stdout.trim(), 'cllr,compareSystems,eer,loadModel,minDcf,readAudio,verify'); // prettier-ignore
    const inside = "await import('acanet/dist/bundle/library.js')";
    assert.match(run(process.execPath, '--input-type=module', '-e', inside).said, /ERR_PACKAGE_PATH_NOT_EXPORTED/);
  });
});
