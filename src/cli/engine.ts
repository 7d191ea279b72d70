/** @file `acanet engine`: installs, lists and removes engines beside the default one. */
import { dirname } from 'node:path';
import { type Command, Option } from 'commander';
import type { InstallableEngine } from '../engine/engines-folder/engines-folder.js';
import { UserError } from '../errors.js';
import { print, printJson, say } from './output.js';
import { withExamples } from './recipe-options.js';

interface EngineFlags {
  dir?: string;
  json?: boolean;
  gpu?: boolean;
}

export function addEngine(program: Command): void {
  const engine = program.command('engine').description('install, list and remove engines beside the default one');
  withExamples(engine, 'acanet engine list', 'acanet engine install tensorflow', 'acanet engine remove tensorflow');

  const install = engine
    .command('install')
    .description(
      'install an engine from npm and PyPI into a folder of its own, and try it; goes on where an earlier attempt stopped:\n' +
        'tensorflow (with --gpu for NVIDIA GPUs), cuda for --engine onnx --device cuda, or web for `acanet serve`',
    )
    .argument('<name>', 'tensorflow, cuda, or web')
    .option('--gpu', 'TensorFlow for NVIDIA GPUs');
  withExamples(withPlace(install), 'acanet engine install tensorflow --gpu', 'acanet engine install cuda').action(
    installOne,
  );

  const list = engine.command('list').description('say which engines can be installed, which are, and where');
  withExamples(withPlace(list), 'acanet engine list --json').action(listAll);

  const remove = engine
    .command('remove')
    .description('remove an engine that was installed')
    .argument('<name>', 'as `acanet engine list` has it');
  withExamples(withPlace(remove), 'acanet engine remove tensorflow-gpu').action(removeOne);
}

/** Adds --dir and --json. */
const withPlace = (command: Command) =>
  command
    .addOption(
      new Option(
        '--dir <dir>',
        'the folder of engines (default: $ACANET_ENGINES, else acanet/engines in the cache folder)',
      ),
    )
    .option('--json', 'print results as JSON');

/** What the flags say is what every later look into the folder, by this process and those that it starts, goes by. */
function choosePlace({ dir }: EngineFlags): void {
  if (dir !== undefined) process.env.ACANET_ENGINES = dir;
}

async function nameOf(name: string, { gpu }: EngineFlags): Promise<InstallableEngine> {
  const { INSTALLABLE } = await import('../engine/engines-folder/engines-folder.js');
  const full = gpu && name === 'tensorflow' ? 'tensorflow-gpu' : name;
  const found = INSTALLABLE.find((each) => each === full);
  if (!found) throw new UserError(`there is no engine ${name} to install: expected one of ${INSTALLABLE.join(', ')}`);
  if (gpu && found !== 'tensorflow-gpu') throw new UserError(`--gpu goes with tensorflow, not with ${name}`);
  return found;
}

async function installOne(name: string, flags: EngineFlags): Promise<void> {
  choosePlace(flags);
  const [{ installEngine }, { gigabytes }] = await Promise.all([
    import('../engine/install/install-engine.js'),
    import('../storage/free-space.js'),
  ]);
  const installed = await installEngine(await nameOf(name, flags), { log: say });
  if (flags.json) printJson(installed);
  else {
    for (const { engine, device, works, remark } of installed.devices) {
      const said = works ? 'works' : 'is installed; it cannot be used on this machine';
      print(`--engine ${engine} --device ${device} ${said}: ${remark.split('\n')[0]}`);
    }
    print(`${gigabytes(installed.bytes)} in ${installed.folder}; to remove it: acanet engine remove ${installed.name}`);
  }
  if (flags.dir !== undefined) say(`  other commands find it with ACANET_ENGINES=${dirname(installed.folder)}`);
}

async function listAll(flags: EngineFlags): Promise<void> {
  choosePlace(flags);
  const [{ listEngines }, { gigabytes }, { formatTable }] = await Promise.all([
    import('../engine/install/install-engine.js'),
    import('../storage/free-space.js'),
    import('../report/text/table.js'),
  ]);
  const engines = listEngines();
  if (flags.json) return printJson(engines);
  const rows = engines.map(({ name, state, title, bytes, download, folder, install }) => [
    name,
    state,
    title,
    gigabytes(state === 'installed' ? bytes : download),
    state === 'installed' ? folder : install,
  ]);
  print(
    formatTable(
      [
        { title: 'engine' },
        { title: 'state' },
        { title: 'what' },
        { title: 'size', align: 'right' },
        { title: 'where, or how to download it' },
      ],
      rows,
    ),
  );
}

async function removeOne(name: string, flags: EngineFlags): Promise<void> {
  choosePlace(flags);
  const [{ removeEngine }, { gigabytes }] = await Promise.all([
    import('../engine/install/install-engine.js'),
    import('../storage/free-space.js'),
  ]);
  const engine = await nameOf(name, flags);
  const bytes = removeEngine(engine);
  if (flags.json) printJson({ engine, bytes });
  else print(`removed ${engine}: ${gigabytes(bytes)}`);
}
