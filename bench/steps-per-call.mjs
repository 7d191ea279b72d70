/**
 * @file Whether several training steps in one call of the engine (`training.stepsPerCall`) pay on this processor: the time of
 * eight steps, singly and by calls of several, in turns. Needs a build (`npm run build`) and a quiet machine.
 *
 *     node bench/steps-per-call.mjs --out bench/results/steps-per-call
 */
import process from 'node:process';
import { Command } from 'commander';
import { createEngine } from '../dist/src/engine/create-engine.js';
import { createModel, parseModelOptions } from '../dist/src/models/registry.js';
import { keyedRandom } from '../dist/src/random.js';
import { createLoss, lossOptions } from '../dist/src/training/loss/registry.js';
import { createOptimizer, optimizerOptions } from '../dist/src/training/optimisation/optimizer.js';
import { createTrainingStep } from '../dist/src/training/training-step.js';
import { MODELS, startOf } from './acanet-work.mjs';
import { waitUntilQuiet } from './machine-load.mjs';
import { median, quantile } from './ratio-table.mjs';
import { createRecord } from './record.mjs';

const [BATCH, FRAMES, SPEAKERS, STEPS, SEED, THREADS] = [16, 100, 100, 8, 1, 2];
const CALLS = [1, 4, 8];
/** Those of the bench, and ACA-Net of the size of the tests. */
const KINDS = {
  'aca-net, 8 latents': { type: 'aca-net', latents: 8, embed: 32, blocks: 1, layers: 1, heads: 2, attentionMlp: 32, transformerMlp: 32, positional: 'none' }, // prettier-ignore
  ...MODELS,
};

const options = new Command('node bench/steps-per-call.mjs')
  .description('Time training steps singly and by calls of several, in turns.')
  .requiredOption('--out <dir>', 'write steps-per-call.md and steps-per-call.json there')
  .option('--rounds <n>', 'rounds of each network', Number, 7)
  .parse()
  .opts();

const record = createRecord('Several training steps in one call');
record.note({ batch: `${BATCH} × ${FRAMES} frames`, steps: STEPS, threads: THREADS, rounds: options.rounds });
const quiet = { pauseMs: 500, patienceSeconds: 60, busyAllowed: false };
const engine = await createEngine({ name: 'onnx', device: 'cpu', threads: THREADS });
for (const [title, kind] of Object.entries(KINDS)) {
  const model = createModel(parseModelOptions(kind, title));
  const optimizer = createOptimizer(optimizerOptions.parse({ type: 'adam', weightDecay: 2e-6 }));
  const { embeddingSize } = model;
  const loss = createLoss(lossOptions.parse({ type: 'aam-softmax' }), { speakers: SPEAKERS, embeddingSize });
  const random = keyedRandom(SEED, title);
  const steps = Array.from({ length: STEPS }, (_, step) => ({
    batch: {
      features: Float32Array.from({ length: BATCH * FRAMES * model.bins }, () => random.normal()),
      targets: Int32Array.from({ length: BATCH }, () => random.below(SPEAKERS)),
    },
    scalars: { step, seed: SEED, learningRate: 1e-3, margin: 0.2 },
  }));
  const common = { model, optimizer, loss, batchSize: BATCH, cropFrames: FRAMES };
  const contestants = [];
  for (const stepsPerCall of CALLS) {
    const start = startOf(model, loss, optimizer, SEED);
    contestants.push(await createTrainingStep(engine, { ...common, stepsPerCall }, start));
  }
  /** @type {number[][]} milliseconds for all steps, of each contestant in each round; the first round warms up */
  const times = CALLS.map(() => []);
  for (let round = 0; round <= options.rounds; round++) {
    await waitUntilQuiet(quiet);
    for (let turn = 0; turn < CALLS.length; turn++) {
      const which = (round + turn) % CALLS.length;
      const began = performance.now();
      await contestants[which].runAll(steps);
      times[which][round] = performance.now() - began;
    }
  }
  for (const step of contestants) await step.dispose();
  const measured = times.map((each) => each.slice(1));
  for (const [i, stepsPerCall] of CALLS.entries()) {
    if (i === 0) continue;
    const ratios = measured[i].map((time, round) => time / measured[0][round]);
    const [low, high] = [quantile(ratios, 0.25), quantile(ratios, 0.75)].map((value) => value.toFixed(2));
    record.line(
      `${title}, ${stepsPerCall} steps in a call: ` +
        `${median(ratios).toFixed(2)} (${low}–${high}) of the time of single steps, ${median(measured[0]).toFixed(0)} ms`,
      { title, stepsPerCall, milliseconds: measured },
    );
  }
}
record.write(options.out, 'steps-per-call');
process.exit(0); // sessions of ONNX Runtime keep threads
