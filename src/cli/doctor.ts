/** @file `acanet doctor`: what this machine is and which engines work on it; with --model, what a network is like. */
import type { Command } from 'commander';
import { print, printJson } from './output.js';
import {
  isModelFolder,
  openFrom,
  runsOf,
  withExamples,
  withRecipeOptions,
  type RecipeFlags,
} from './recipe-options.js';

interface DoctorFlags extends RecipeFlags {
  model?: string;
  prune?: boolean;
}

export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description(
      'say what this machine is, which engines and devices work on it, and how to get the others;\n' +
        'with --model: examine a network layer by layer on one training batch, and say what is amiss',
    )
    .option('--model <name|dir>', 'a system of the recipe, as it starts; or a model folder, as it is')
    .option('--prune', 'remove the parts of ONNX Runtime that are for other systems (`npm ci` brings them back)');
  withExamples(
    withRecipeOptions(command),
    'acanet doctor',
    'acanet doctor --model aca-net --recipe librispeech-mini',
    'acanet doctor --model aca-net --recipe demo --set systems.aca-net.model.latentInit.std=0.02',
  ).action(async (flags: DoctorFlags) => {
    if (flags.prune) await pruneInstallation(flags);
    else if (flags.model !== undefined || flags.recipe !== undefined || flags.set.length > 0)
      await examineNetwork(flags);
    else await examineThisMachine(flags);
  });
}

async function examineThisMachine({ json }: DoctorFlags): Promise<void> {
  const [{ examineMachine }, { describeTelemetry }, { findForeignBinaries }] = await Promise.all([
    import('../tasks/doctor/examine-machine.js'),
    import('../engine/describe.js'),
    import('../engine/foreign-binaries.js'),
  ]);
  const findings = {
    ...(await examineMachine()),
    onnxRuntimeTelemetry: describeTelemetry(),
    foreignBinariesBytes: findForeignBinaries().bytes,
  };
  if (json) printJson(findings);
  else {
    const { formatTable } = await import('../report/text/table.js');
    const facts = Object.entries({ ...findings.versions, ...findings.machine }).map(([k, v]) => [k, String(v)]);
    print(formatTable([{ title: 'this machine' }, { title: '' }], facts));
    for (const { engine, device, works, remark } of findings.engines) {
      const said = works ? 'works' : 'does not work here';
      print(`--engine ${engine} --device ${device}: ${said}${remark && `: ${remark.replaceAll('\n', '; ')}`}`);
    }
    print(`telemetry of ONNX Runtime: ${findings.onnxRuntimeTelemetry}`);
    const unused = Math.round(findings.foreignBinariesBytes / 1e6);
    if (unused > 0) print(`ONNX Runtime for other systems takes ${unused} MB: acanet doctor --prune removes it`);
  }
}

async function pruneInstallation({ json }: DoctorFlags): Promise<void> {
  const { removeForeignBinaries } = await import('../engine/foreign-binaries.js');
  const { folders, bytes } = removeForeignBinaries();
  if (json) printJson({ removed: folders, bytes });
  else if (folders.length === 0) print('nothing to remove: no parts of ONNX Runtime for other systems are here');
  else print(`removed ${folders.length} folders of ONNX Runtime for other systems: ${Math.round(bytes / 1e6)} MB`);
}

async function examineNetwork(flags: DoctorFlags): Promise<void> {
  const experiment = await openFrom({ flags });
  const { recipe, folder } = experiment;
  const isFolder = flags.model !== undefined && isModelFolder(flags.model);
  const [run] = await runsOf(experiment, isFolder ? undefined : flags.model);
  const [{ examineModel }, { describeModelFindings }] = await Promise.all([
    import('../recipe/examination/examine-model.js'),
    import('../recipe/examination/model-findings.js'),
  ]);
  const findings = await examineModel({
    workFolder: folder,
    recipe,
    run,
    modelDir: isFolder ? flags.model : undefined,
    engine: recipe.engine,
  });
  if (flags.json) printJson(findings);
  else print(describeModelFindings(findings));
}
