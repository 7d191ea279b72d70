/**
 * @file A recipe that trains with recorded noise, made-up rooms, speed and a large-margin phase, from the command line.
 * Each kind of augmentation is shown to reach the training: without it, the same training ends in other weights.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { skip } from '../skip.js';
import { tinyRecipe } from './executors/tiny-recipe.js';

const door = fileURLToPath(new URL('../../../bin/acanet.js', import.meta.url));
const NOISE = resolve('../shared/noise');

const AUGMENTED = `${tinyRecipe({ seeds: 1 }).replace('epochs: 2', 'epochs: 1, epochSize: 8')}
augmentation:
  when: online
  select: one
  noise: { source: ${NOISE}, probability: 0.4, snr: [0, 15] }
  reverberation: { source: rirs, probability: 0.4 }
  speed: { factors: [0.9, 1.1], probability: 0.667 }
`;

describe('a training with noise, reverberation and speed', () => {
  let work: string;
  before(function () {
    if (!existsSync(NOISE)) skip(this, 'the noise is not part of the project');
    work = mkdtempSync(join(tmpdir(), 'acanet-augmented-'));
    writeFileSync(join(work, 'tiny.yaml'), AUGMENTED);
    acanet('data', 'rirs', 'rirs', '--count', '4', '--t60', '0.1,0.2');
  });
  after(() => work && rmSync(work, { recursive: true, force: true }));

  function acanet(...args: string[]): void {
    const { status, stderr } = spawnSync(process.execPath, [door, ...args], { cwd: work, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  }

  /** Trains with overrides into a folder of its own. */
  function train(folder: string, ...options: string[]) {
    acanet('train', '--recipe', 'tiny.yaml', '--work', folder, '--threads', '1', ...options);
    const dir = join(work, folder, 'tiny/train/aca-net');
    const steps = readdirSync(dir).filter((name) => name.startsWith('step-'));
    const last = steps.sort((a, b) => Number(a.slice(5)) - Number(b.slice(5))).at(-1)!;
    const metrics = readFileSync(join(dir, 'metrics.jsonl'), 'utf8').trim().split('\n');
    return {
      metrics: metrics.map((line) => JSON.parse(line) as Record<string, unknown>),
      weights: readFileSync(join(dir, last, 'model.safetensors'), 'base64'),
    };
  }

  it('learns from each of them', () => {
    const once = train('once', '--set', 'training.loaderThreads=2');
    const losses = once.metrics.map(({ loss }) => loss).filter((loss) => typeof loss === 'number');
    assert.ok(losses.length > 0 && losses.every(Number.isFinite), `${losses}`);
    for (const kind of ['noise', 'reverberation', 'speed'])
      assert.notEqual(train(`no-${kind}`, '--set', `augmentation.${kind}=null`).weights, once.weights, kind);
  });

  it('ends in a large-margin phase of clean speech', () => {
    const phase = 'epochs: 1, cropFrames: 120, augmentation: null, loss: { margin: { type: constant, margin: 0.5 } }';
    const { metrics } = train('margin', '--set', `training.phases=[{ name: main }, { name: large-margin, ${phase} }]`);
    assert.ok(metrics.some(({ phase }) => phase === 'large-margin'));
  });
});
