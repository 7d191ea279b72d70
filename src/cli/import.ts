/** @file `acanet import`: weights that PyTorch saved, or an ONNX file → a model folder. */
import type { Command } from 'commander';
import type { ImportedWeights } from '../models/import-weights.js';
import { firstOf } from '../problem-list.js';
import { print, printJson, say } from './output.js';
import { withExamples } from './recipe-options.js';

interface ImportFlags {
  config?: string;
  out: string;
  prefix?: string;
  json?: boolean;
}

export function addImport(program: Command): void {
  const command = program
    .command('import')
    .description("turn weights with the authors' tensor names, or an ONNX file of any toolkit, into a model folder")
    .argument('<weights>', "safetensors, PyTorch's .pt, .pth, .ckpt (its tensors are read, no code is run), or .onnx")
    .option(
      '--config <file>',
      'JSON: {"model": "aca-net" | "ecapa-tdnn" | "resnet" …, …constructor arguments, "features": as in a recipe}; weights need it',
    )
    .requiredOption('--out <dir>', 'the model folder to write')
    .option('--prefix <text>', "what stands before the names of the model's tensors (default: found by their names)")
    .option('--json', 'print results as JSON');
  withExamples(
    command,
    'acanet import aca.safetensors --config aca.json --out models/aca',
    'acanet import embedding_model.ckpt --config ecapa.json --out models/ecapa',
    'acanet import theirs.onnx --config theirs.json --out models/theirs',
  ).action(async (weights: string, { config, out, prefix, json }: ImportFlags) => {
    const { realLibrary } = await import('../tasks/do-model-work.js');
    const imported = await realLibrary.importModel({ weights, config, out, prefix });
    if (!imported.features) say(UNKNOWN_FEATURES);
    for (const note of notesOn(imported)) say(`! ${weights}: ${note}\n`);
    const { parameters, prefix: taken, within, leftOut, rounded } = imported;
    if (json) {
      printJson({
        model: out,
        parameters,
        ...(within && { within }),
        ...(taken && { prefix: taken }),
        ...(leftOut.length > 0 && { leftOut: leftOut.length }),
        ...(rounded > 0 && { rounded }),
      });
    } else print(out);
  });
}

const UNKNOWN_FEATURES =
  '! which features the model takes is not known, so it takes archives of features, and no audio\n' +
  '  if it is to take audio, say them in the configuration, such as "features": {"type": "kaldi", "bins": 80}\n';

function notesOn({ prefix, within, leftOut, rounded }: ImportedWeights): string[] {
  return [
    ...(within ? [`the weights are those under "${within}"`] : []),
    ...(prefix ? [`"${prefix}" is taken off the names of the tensors`] : []),
    ...(leftOut.length > 0
      ? [`${leftOut.length} tensors are not the model's and are left out: ${firstOf(groupsOf(leftOut))}`]
      : []),
    ...(rounded > 0 ? [`${rounded} tensors of float64 are rounded to float32`] : []),
  ];
}

/** `state_dict.module.classifier.weight`, and of an optimiser `optimizer.… (156)`. */
function groupsOf(names: readonly string[]): string[] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const [first] = name.split('.');
    groups.set(first, [...(groups.get(first) ?? []), name]);
  }
  return [...groups].flatMap(([first, each]) => (each.length > 4 ? [`${first}.… (${each.length})`] : each));
}
