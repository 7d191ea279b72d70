/**
 * @file The embeddings that a trial list needs, under the list's own ids: given in archives, embedded before, or
 * embedded now. All ids that no audio has are named at once, before anything is embedded.
 */
import { likelyIds } from '../../corpus/trials/closest-id.js';
import { mapIds, type IdMapping } from '../../corpus/trials/id-mapping.js';
import type { EngineOptions } from '../../engine/create-engine.js';
import { UserError } from '../../errors.js';
import type { RatePolicy } from '../../features/options.js';
import { isOnnxFolder, readModelFolder } from '../../models/model-folder.js';
import { counted, firstOf } from '../../problem-list.js';
import { openEmbeddings } from '../../scoring/backend/embedding-archive.js';
import { realLibrary } from '../do-model-work.js';
import { embedListed, refuseProblems } from '../embedding/embed-files.js';
import { openEmbeddingCache } from '../embedding/embedding-cache.js';
import { listEmbeddingInputs, type EmbeddingInput } from '../embedding/input-lists.js';
import type { Library, Reporting } from '../model-work.js';

/** Where the recordings of a list are. */
export interface ListAudio {
  /** Manifests, wav.scp, folders, archives of features. */
  audio: readonly string[];
  /** Archives of embeddings, of the same model. */
  embeddings: readonly string[];
  otherRates?: RatePolicy;
  /** The folder of embeddings that were made before. */
  cacheDir: string;
  library?: Pick<Library, 'openEmbedder' | 'identityOf'>;
}

export interface ListEmbeddings {
  embeddings: Map<string, Float32Array>;
  /** Who speaks, as far as a manifest says it. */
  speakers: { id: string; speaker: string }[];
  mapping?: string;
  embedded: { now: number; before: number; given: number };
}

interface ListEmbeddingsOptions extends Reporting, ListAudio {
  /** For messages. */
  list: string;
  modelDir?: string;
  engine: EngineOptions;
}

/** @throws UserError for ids that no audio has, and for audio that cannot be embedded */
export async function embeddingsForList(
  wanted: ReadonlySet<string>,
  options: ListEmbeddingsOptions,
): Promise<ListEmbeddings> {
  const { list, audio, embeddings: archives, log } = options;
  const given = listGiven(archives);
  const inputs = new Map<string, EmbeddingInput>();
  if (audio.length > 0) for (const input of await listEmbeddingInputs(audio)) inputs.set(input.key, input);
  const mapping = mapIds(wanted, [...given.keys(), ...inputs.keys()]);
  const sources = [...archives, ...audio];
  if (mapping.missing.length > 0) throw new UserError(missingIds(wanted, mapping, { list, sources, given, inputs }));
  if (mapping.said !== undefined) log(`  ids of the list are found ${mapping.said}`);
  const embeddings = new Map<string, Float32Array>();
  const due: { id: string; input: EmbeddingInput }[] = [];
  const speakers: ListEmbeddings['speakers'] = [];
  for (const [id, own] of mapping.known) {
    const entry = given.get(own);
    const input = inputs.get(own);
    if (entry) embeddings.set(id, entry.read());
    else due.push({ id, input: input! });
    if (input?.speaker !== undefined) speakers.push({ id, speaker: input.speaker });
  }
  refuseOtherSizes(embeddings, options);
  const { now, before } = await embedDue(due, options, embeddings);
  return {
    ...{ embeddings, speakers },
    ...(mapping.said !== undefined && { mapping: mapping.said }),
    embedded: { now, before, given: mapping.known.size - due.length },
  };
}

/** @throws UserError where given embeddings cannot be of one model, or of the one that is named */
function refuseOtherSizes(
  given: ReadonlyMap<string, Float32Array>,
  { modelDir, embeddings: archives }: Pick<ListEmbeddingsOptions, 'modelDir' | 'embeddings'>,
): void {
  const [[first, { length: size }] = [undefined, { length: 0 }], ...others] = given;
  if (first === undefined) return;
  const other = others.find(([, { length }]) => length !== size);
  if (other) {
    throw new UserError(
      `${archives.join(', ')}: the embedding of ${other[0]} has ${other[1].length} values, that of ${first} ${size}: they are of different models`,
    );
  }
  if (modelDir === undefined || isOnnxFolder(modelDir)) return;
  const { embeddingSize } = readModelFolder(modelDir).speakerModel;
  if (embeddingSize === size) return;
  throw new UserError(
    `${archives.join(', ')}: the embeddings have ${size} values, those of ${modelDir} ${embeddingSize}: they are of another model`,
  );
}

/** The embeddings of all archives. @throws UserError where two hold one key */
function listGiven(archives: readonly string[]): Map<string, { path: string; read: () => Float32Array }> {
  const given = new Map<string, { path: string; read: () => Float32Array }>();
  for (const path of archives) {
    for (const [key, read] of openEmbeddings(path)) {
      const earlier = given.get(key);
      if (earlier) {
        throw new UserError(
          `the embedding of ${key} is given twice: ${earlier.path} and ${path}\n  name only one of the archives`,
        );
      }
      given.set(key, { path, read });
    }
  }
  return given;
}

function missingIds(
  wanted: ReadonlySet<string>,
  { missing, ambiguous, known, said }: IdMapping,
  {
    list,
    sources,
    given,
    inputs,
  }: Record<'given' | 'inputs', ReadonlyMap<string, unknown>> & {
    list: string;
    sources: readonly string[];
  },
): string {
  const all = [...given.keys(), ...inputs.keys()];
  const [two] = ambiguous;
  const meant = known.size < wanted.size && !two ? likelyIds(missing.slice(0, 3), all) : undefined;
  const hint = two
    ? `  ${two[0]} may be ${two[1][0]} or ${two[1][1]}: give ids that only one recording has`
    : meant !== undefined
      ? `  did you mean: ${meant}?`
      : `  ids there are such as ${firstOf(all.slice(0, 3))}`;
  const found = said === undefined ? '' : ` (${known.size} others are found ${said})`;
  return (
    `${list}: ${missing.length} of its ${counted(wanted.size, 'utterance')} are not in ${sources.join(', ')}${found}: ` +
    `${firstOf(missing)}\n${hint}`
  );
}

/** Embeds what was not embedded before, and keeps it; also what there is when something goes wrong. */
async function embedDue(
  due: readonly { id: string; input: EmbeddingInput }[],
  { modelDir, engine, otherRates, cacheDir, library = realLibrary, ...reporting }: ListEmbeddingsOptions,
  embeddings: Map<string, Float32Array>,
): Promise<{ now: number; before: number }> {
  if (due.length === 0) return { now: 0, before: 0 };
  if (modelDir === undefined) {
    throw new UserError(
      `${counted(due.length, 'utterance')} of the list are to be embedded, and no model is named: ${firstOf(due.map(({ id }) => id))}\n` +
        '  name a model folder with --model, or archives that hold them with --embeddings',
    );
  }
  const { name, device } = engine;
  const model = await library.identityOf(modelDir);
  const cache = openEmbeddingCache(cacheDir, {
    model,
    engine: name,
    device,
    ...(otherRates === 'refuse' && { otherRates }),
  });
  const ids = new Map<EmbeddingInput, string>();
  let before = 0;
  for (const { id, input } of due) {
    const known = input.kind === 'audio' ? cache.find(input.piece) : undefined;
    if (known) {
      embeddings.set(id, known);
      before++;
    } else ids.set(input, id);
  }
  if (before > 0) reporting.log(`  ${counted(before, 'utterance')} embedded before; ${ids.size} to embed`);
  if (ids.size === 0) return { now: 0, before };
  const embedder = await library.openEmbedder({ modelDir, engine, utterances: ids.size });
  try {
    const problems = await embedListed({
      ...reporting,
      ...{ inputs: [...ids.keys()], embedder, modelDir, asIs: false, otherRates },
      onEmbedded: (input, embedding) => {
        embeddings.set(ids.get(input)!, embedding);
        if (input.kind === 'audio') cache.add(input.piece, embedding);
      },
    });
    refuseProblems(problems, modelDir);
  } finally {
    await embedder.close();
    cache.save();
  }
  return { now: ids.size, before };
}
