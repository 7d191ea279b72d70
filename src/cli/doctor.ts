/** @file `acanet doctor`: what this machine is and which engines work on it. */
import type { Command } from 'commander';
import { print, printJson } from './output.js';
import { withExamples } from './recipe-options.js';

export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('say what this machine is, which engines and devices work on it, and how to get the others')
    .option('--json', 'print results as JSON');
  withExamples(command, 'acanet doctor').action(async ({ json }: { json?: boolean }) => {
    const { examineMachine } = await import('../recipe/examine-machine.js');
    const findings = await examineMachine();
    if (json) printJson(findings);
    else {
      const { formatTable } = await import('../report/table.js');
      const facts = Object.entries({ ...findings.versions, ...findings.machine }).map(([k, v]) => [k, String(v)]);
      print(formatTable([{ title: 'this machine' }, { title: '' }], facts));
      for (const { engine, device, works, remark } of findings.engines) {
        print(`--engine ${engine} --device ${device}: ${works ? 'works' : `does not work here: ${remark}`}`);
      }
      print(`to use TensorFlow: ${findings.installTensorflow}`);
    }
  });
}
