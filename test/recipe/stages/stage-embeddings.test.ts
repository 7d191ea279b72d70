/** @file Embeddings without a recipe, by shares: each utterance once, in the list's order, whoever makes what. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineOptions } from '../../../src/engine/create-engine.js';
import { runShare } from '../../../src/recipe/running/stage-share.js';
import { runStages } from '../../../src/recipe/running/stage-runner.js';
import { createEmbeddingStages } from '../../../src/recipe/stages/stages.js';
import { createArchiveWriter, readScp, readVector } from '../../../src/storage/kaldi-archive.js';
import { hashOfInputs, listEmbeddingInputs } from '../../../src/tasks/embedding/input-lists.js';
import { standInLibrary } from '../stand-in-library.js';

describe('embeddings by shares', () => {
  const KEYS = Array.from({ length: 37 }, (_, i) => `u${i}`);
  const valueOf = (key: string) => Number(key.slice(1)) + 0.5;
  let folder: string;
  let made: number;
  const library = standInLibrary();
  const openEmbedder: typeof library.openEmbedder = async (options) => {
    const embedder = await library.openEmbedder(options);
    return { ...embedder, bins: 2, embed: (features) => (made++, embedder.embed(features)) };
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-pieces-'));
    made = 0;
    writeFeatures(KEYS);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const archive = () => join(folder, 'feats.ark');
  const results = (...path: string[]) => join(folder, 'e/embeddings', ...path);

  const archiveOf = (number: string) => readdirSync(results()).find((name) => name.endsWith(`-${number}.ark`));

  function writeFeatures(keys: readonly string[]) {
    const writer = createArchiveWriter(archive());
    for (const key of keys) writer.writeMatrix(key, 3, 2, new Float32Array(6).fill(valueOf(key)));
    writer.close();
  }

  async function work() {
    const list = hashOfInputs(await listEmbeddingInputs([archive()]));
    const modelDir = join(folder, 'model');
    return createEmbeddingStages(
      {
        ...{ name: 'e', inputs: [archive()], modelDir, list, asIs: true },
        ...{ engine: engineOptions.parse({}), model: `stand-in ${modelDir}` },
      },
      { ...library, openEmbedder },
    );
  }
  const reporting = (lines: string[] = []) => ({
    log: (line: string) => void lines.push(line),
    progress: () => undefined,
  });
  const share = async (index: number, count: number, lines?: string[]) =>
    runShare({
      ...{ workFolder: join(folder, 'e'), stages: await work(), stage: 'embeddings', share: { index, count } },
      ...reporting(lines),
    });
  const merge = async (lines?: string[]) =>
    runStages({ workFolder: join(folder, 'e'), stages: await work(), ...reporting(lines) });
  const table = () => readScp(results('embeddings.scp')).map((entry) => [entry.key, readVector(entry)[0]]);

  it('are all there, each made once, in the order of the list', async () => {
    const lines: string[] = [];
    for (const index of [2, 0, 1]) await share(index, 3, lines);
    const counts = lines.map((line) => Number(/(\d+) utterances in \d+ archives, of which 0/.exec(line)![1]));
    assert.equal(counts.reduce((sum, count) => sum + count), KEYS.length); // prettier-ignore
    await merge(lines);
    assert.equal(made, KEYS.length);
    assert.deepEqual(
      table(),
      KEYS.map((key) => [key, valueOf(key)]),
    );
    assert.match(lines.at(-1)!, /37 embeddings, 16 of 16 archives were there/);
  });

  it('are made by the merging of shares where a share has not been', async () => {
    await share(1, 3);
    await merge();
    assert.equal(made, KEYS.length);
    assert.equal(table().length, KEYS.length);
    const other = new Map(readdirSync(results()).map((name) => [name, readFileSync(results(name), 'base64')]));
    rmSync(join(folder, 'e'), { recursive: true });
    await merge();
    for (const [name, bytes] of other) {
      if (name.startsWith('embeddings')) assert.equal(readFileSync(results(name), 'base64'), bytes, name);
    }
  });

  it('are made again where an archive is damaged, and no others', async () => {
    await merge();
    made = 0;
    writeFileSync(results(archiveOf('00002')!), 'x');
    await share(1, 16);
    await share(0, 2);
    assert.equal(made, 2);
    await merge();
    assert.equal(made, 2);
    assert.equal(table().length, KEYS.length);
  });

  it('are those of the list alone: what an earlier one had more is gone', async () => {
    await merge();
    writeFeatures(KEYS.slice(0, 7));
    made = 0;
    await merge();
    assert.equal(made, 7);
    assert.equal(table().length, 7);
    assert.equal(archiveOf('00008'), undefined);
  });

  it('of another list stand beside those that the earlier table names, until there is a new table', async () => {
    await merge();
    const before = table();
    writeFeatures([...KEYS].reverse());
    await share(0, 2);
    assert.deepEqual(table(), before);
    made = 0;
    await share(0, 2);
    assert.equal(made, 0);
    await merge();
    assert.deepEqual(table(), before.toReversed());
  });

  it('are refused where a machine finds another list than the command', async () => {
    const stages = await work();
    writeFeatures(KEYS.slice(1));
    const options = { workFolder: join(folder, 'e'), stages, stage: 'embeddings', share: { index: 0, count: 2 } };
    await assert.rejects(
      runShare({ ...options, ...reporting() }),
      /feats\.ark: not the utterances that the command has found\n {2}give the command again/,
    );
  });
});
