/** @file Archives, weights, recipes and the JSON files of a work folder, for the fuzzer. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseLocatedYaml, plainValue } from '../../../src/configuration/located-yaml.js';
import { readCacheDescription } from '../../../src/features/cache/cache-format.js';
import { featureOptions } from '../../../src/features/options.js';
import { ablationRecord } from '../../../src/recipe/artifacts/ablation.js';
import { modelDescription } from '../../../src/recipe/artifacts/average.js';
import { calibrationRecord } from '../../../src/recipe/artifacts/calibrate.js';
import { comparisonRecord } from '../../../src/recipe/artifacts/compare.js';
import { doneRecord, overrides, provenance, startedRecord } from '../../../src/recipe/artifacts/control-files.js';
import { speedRecord } from '../../../src/recipe/artifacts/embed.js';
import type { JsonArtifact } from '../../../src/recipe/artifacts/json-artifact.js';
import { corpusRecord } from '../../../src/recipe/artifacts/prep.js';
import { robustnessRecord } from '../../../src/recipe/artifacts/robustness.js';
import { backendRecord, metricsRecord } from '../../../src/recipe/artifacts/score.js';
import { loadRecipe, recipesFolder } from '../../../src/recipe/definition/load.js';
import { readEmbeddings, writeEmbeddings } from '../../../src/scoring/backend/embedding-archive.js';
import { createArchiveWriter, listArchive, readMatrix, readMatrixRows } from '../../../src/storage/kaldi-archive.js';
import { countParameters } from '../../../src/engine/onnx/graph-cost.js';
import { checkOnnx } from '../../../src/models/onnx-model.js';
import { readCheckpoint } from '../../../src/storage/pytorch/checkpoint.js';
import { readSafetensors, readSafetensorsRaw, writeSafetensors } from '../../../src/storage/safetensors.js';
import { readMetricsLog } from '../../../src/training/metrics-log.js';
import { mutateBytes, mutateJson, mutateText } from './mutations.js';
import { fileParser, type FuzzedParser } from './parser.js';

const json = (value: unknown) => Buffer.from(`${JSON.stringify(value)}\n`);

/** Each record with what it may hold. */
const RECORDS: readonly [Pick<JsonArtifact<unknown>, 'name' | 'read'>, unknown][] = [
  [
    doneRecord,
    {
      ...{
        stage: 'prep',
        inputHash: 'a',
        outputHash: 'b',
        outputs: ['x'],
        finished: '2026-01-01T00:00:00Z',
        seconds: 1,
      },
      input: { settings: {}, needs: { 'prep:training': 'c' }, version: 1 },
    },
  ],
  [startedRecord, { stage: 'train/a', inputHash: 'a' }],
  [overrides, ['seeds=2']],
  [provenance, { seed: 1, versions: { a: 'b' }, commands: [{ time: '', command: 'acanet run', sets: [] }] }],
  [corpusRecord, { partial: 'a part', splits: {}, notes: ['x'] }],
  [modelDescription, { model: { type: 'aca-net' }, origin: { averagedSteps: [1] } }],
  [speedRecord, { utterances: 1, frames: 2, seconds: 3 }],
  [metricsRecord, { trials: 4, targets: 2, nontargets: 2, eer: 0.5, threshold: null }],
  [backendRecord, { scoring: { type: 'cosine' }, warnings: [], notes: ['x'] }],
  [calibrationRecord, { usable: true, trials: 4, report: { calibration: { separable: true } } }],
  [
    robustnessRecord,
    {
      ...{ sides: 'test', utterances: 1 },
      conditions: [{ condition: '1 s', kind: 'duration', value: 1, scores: 'a.txt', whole: 0, eer: 0.1 }],
    },
  ],
  [
    comparisonRecord,
    {
      ...{
        baseline: 'a',
        trials: 4,
        targets: 2,
        nontargets: 2,
        notes: [],
        verdicts: [],
        relative: {},
        differences: {},
      },
      systems: [{ name: 'a', eer: 0.1, runs: [{ name: 'a' }] }],
    },
  ],
  [
    ablationRecord,
    {
      ...{ name: 'n', base: 'a' },
      axes: [{ name: 'x', rows: [{ label: 'l', system: 'a', development: { eer: 0.1, runs: [0.1] } }] }],
    },
  ],
];

const matrix = Float32Array.from({ length: 18 }, (_, i) => Math.sin(i));

/** Archives of float matrices, and of compressed ones. */
function matrixArchives(folder: string): Buffer[] {
  const path = join(folder, 'seed.ark');
  return (['none', '8', '16'] as const).map((compression) => {
    const writer = createArchiveWriter(path, { compression });
    for (const key of ['a', 'bc', 'd']) writer.writeMatrix(key, 6, 3, matrix);
    writer.close();
    return readFileSync(path);
  });
}

function vectorArchive(folder: string): Buffer {
  const path = join(folder, 'seed.ark');
  writeEmbeddings(path, new Map(['a', 'bc'].map((key) => [key, matrix])));
  return readFileSync(path);
}

function safetensorsSeed(folder: string): Buffer {
  const path = join(folder, 'seed.safetensors');
  writeSafetensors(path, {
    'a.weight': { dtype: 'float32', shape: [6, 3], data: matrix },
    'a.count': { dtype: 'int32', shape: [], data: Int32Array.of(7) },
    mask: { dtype: 'bool', shape: [3], data: Uint8Array.of(0, 1, 1) },
  });
  return readFileSync(path);
}

const cacheDescription = () => ({
  ...{ format: 'acanet features 1', configuration: 'a', manifest: 'b', options: featureOptions.parse({}) },
  ...{ bins: 80, utterances: 1, frames: 10, audioSeconds: 0.1, globalMean: [0.5] },
  shards: [{ index: 'feats-00001.json', sha256: 'c', utterances: 1 }],
});

/** Files that PyTorch wrote. */
const checkpoints = new URL('../../../../test/fixtures/pytorch/', import.meta.url);

/** All of them. @param folder a new one, for the files */
export function artefactParsers(folder: string): FuzzedParser[] {
  mkdirSync(folder, { recursive: true });
  const recipes = ['demo', 'wsj0', 'ablation-demo'].map((name) => readFileSync(join(recipesFolder, `${name}.yaml`)));
  return [
    fileParser(folder, {
      name: 'Kaldi archives',
      file: 'x.ark',
      seeds: matrixArchives(folder),
      mutate: (seed, random) => mutateBytes(seed, random, { among: 40, keepLength: random.uniform() < 0.5 }),
      read: (path) => {
        for (const entry of listArchive(path)) readMatrixRows(entry, 0, readMatrix(entry).rows);
      },
      weight: 15,
    }),
    fileParser(folder, {
      name: 'archives of embeddings',
      file: 'embeddings.ark',
      seeds: [vectorArchive(folder), Buffer.from('a [ 1 2 3 ]\nb [ 4 -5e-1 0 ]\n')],
      mutate: (seed, random) => (random.uniform() < 0.5 ? mutateBytes : mutateText)(seed, random),
      read: readEmbeddings,
      weight: 15,
    }),
    fileParser(folder, {
      name: 'safetensors',
      file: 'x.safetensors',
      seeds: [safetensorsSeed(folder)],
      mutate: (seed, random) =>
        random.uniform() < 0.5
          ? mutateBytes(seed, random, { among: 300, keepLength: random.uniform() < 0.5 })
          : withHeader(seed, random),
      read: (path) => {
        readSafetensorsRaw(path);
        readSafetensors(path);
      },
      weight: 15,
    }),
    fileParser(folder, {
      name: 'checkpoints of PyTorch',
      file: 'x.pt',
      seeds: ['old-form.pt', 'tensors.pt'].map((name) => readFileSync(new URL(name, checkpoints))),
      mutate: (seed, random) => mutateBytes(seed, random, { among: 3000, keepLength: random.uniform() < 0.5 }),
      read: readCheckpoint,
      weight: 2,
    }),
    fileParser(folder, {
      name: 'ONNX models',
      file: 'x.onnx',
      seeds: ['wespeaker.onnx', 'nemo.onnx'].map((name) => readFileSync(new URL(`../onnx/${name}`, checkpoints))),
      mutate: (seed, random) => mutateBytes(seed, random, { among: seed.length, keepLength: random.uniform() < 0.7 }),
      read: (path) => countParameters(checkOnnx({ type: 'onnx', file: path }, { bins: 80 }).model),
      weight: 2,
    }),
    {
      name: 'YAML',
      seeds: [
        Buffer.from('a: &x { b: [1, 2.5, "c"], d: null }\ne: *x\nf: |\n  text\n  more\ng:\n  - h\n  - { i: true }\n'),
      ],
      mutate: mutateText,
      read: (bytes) => plainValue(parseLocatedYaml(bytes.toString(), 'x.yaml')),
      weight: 8,
    },
    fileParser(folder, {
      name: 'recipes',
      file: 'recipe.yaml',
      seeds: recipes,
      mutate: mutateText,
      read: (path) => loadRecipe(path),
      weight: 0.5,
    }),
    fileParser(folder, {
      name: 'logs of a training',
      file: 'metrics.jsonl',
      seeds: [Buffer.concat([1, 2, 3].map((step) => json({ step, loss: 1 / step, lr: null })))],
      mutate: mutateJson,
      read: readMetricsLog,
      weight: 8,
    }),
    fileParser(folder, {
      name: 'descriptions of feature caches',
      file: 'cache.json',
      seeds: [json(cacheDescription())],
      mutate: mutateJson,
      read: () => readCacheDescription(folder),
      weight: 5,
    }),
    ...RECORDS.map(([record, value]) =>
      fileParser(folder, {
        name: `records, ${record.name}`,
        file: record.name,
        seeds: [json(value)],
        mutate: mutateJson,
        read: () => record.read(folder),
        weight: 3,
      }),
    ),
  ];
}

/** Safetensors whose header of JSON is damaged as JSON, with its length made right. */
function withHeader(seed: Buffer, random: Parameters<FuzzedParser['mutate']>[1]): Buffer {
  const end = 8 + Number(seed.readBigUInt64LE(0));
  const header = mutateJson(seed.subarray(8, end), random);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, seed.subarray(end)]);
}
