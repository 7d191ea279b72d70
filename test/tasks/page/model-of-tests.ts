/** @file A small model folder with a scoring profile, as stage `model` writes it, for tests of what uses a model. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { featureOptions } from '../../../src/features/options.js';
import { initialTensors } from '../../../src/models/contract/model.js';
import { writeModelFolder } from '../../../src/models/model-folder.js';
import { createModel, parseModelOptions } from '../../../src/models/registry.js';
import { scoringOptions } from '../../../src/scoring/backend/backend-options.js';
import { writeEmbeddings } from '../../../src/scoring/backend/embedding-archive.js';
import { PROFILE, type ScoringProfile, writeScoringProfile } from '../../../src/scoring/profile/scoring-profile.js';

export const CALIBRATION = { weight: 20, offset: -8, prior: 0.5, separable: false };

export async function writeModelOfTests(dir: string, changes: Partial<ScoringProfile> = {}): Promise<void> {
  const model = parseModelOptions(
    {
      ...{ type: 'aca-net', latents: 12, embed: 16, blocks: 1, layers: 1, heads: 2, attentionMlp: 16 },
      ...{ transformerMlp: 16, latentInit: { distribution: 'orthogonal', std: 1 } },
    },
    'the model of tests',
  );
  const globalMean = Array.from({ length: 80 }, (_, i) => 10 + i / 20);
  const features = featureOptions.parse({ normalize: 'global' });
  const tensors = initialTensors(createModel(model), 5);
  await writeModelFolder(dir, { model, features, globalMean, origin: { test: true } }, tensors);
  const vectors = [1, 2, 3].map((k): [string, Float32Array] => [`u${k}`, Float32Array.from({ length: 12 }, (_, i) => Math.sin(k * i + k))]); // prettier-ignore
  writeEmbeddings(join(dir, PROFILE.embeddings), new Map(vectors));
  writeFileSync(join(dir, PROFILE.speakers), 'u1 a\nu2 b\nu3 c\n');
  writeScoringProfile(dir, {
    scoring: scoringOptions.parse({}),
    calibration: CALIBRATION,
    development: { trials: 100, targets: 20, nontargets: 80, speakers: 10, eer: 0.1, minDcf: 0.5 },
    decisions: [],
    embeddings: { utterances: 3, speakers: 3, drawn: true },
    trained: {
      ...{ corpora: ['librispeech'], language: 'English', speakers: 250, utterances: 2800, hours: 5.1 },
      ...{ sampleRates: [16000], augmented: false, recipe: 'test', system: 'aca', seed: 1 },
    },
    ...changes,
  });
}
