/** @file `acanet import`: weights under PyTorch's names → a model folder. */
import type { Command } from 'commander';
import { print, printJson } from './output.js';
import { withExamples } from './recipe-options.js';

interface ImportFlags {
  config: string;
  out: string;
  json?: boolean;
}

export function addImport(program: Command): void {
  const command = program
    .command('import')
    .description("turn a safetensors file with the authors' (or SpeechBrain's) tensor names into a model folder")
    .argument('<weights>', 'the .safetensors file')
    .requiredOption('--config <file>', 'JSON: {"model": "aca-net" | "ecapa-tdnn", …constructor arguments}')
    .requiredOption('--out <dir>', 'the model folder to write')
    .option('--json', 'print results as JSON');
  withExamples(command, 'acanet import aca.safetensors --config aca.json --out models/aca').action(
    async (weights: string, flags: ImportFlags) => {
      const { realLibrary } = await import('../tasks/do-model-work.js');
      const { parameters, prefix } = await realLibrary.importModel({ weights, config: flags.config, out: flags.out });
      if (prefix) process.stderr.write(`! ${weights}: "${prefix}" is taken off the names of the tensors\n`);
      if (flags.json) printJson({ model: flags.out, parameters, ...(prefix && { prefix }) });
      else print(flags.out);
    },
  );
}
