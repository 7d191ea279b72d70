/** @file A Python that has PyTorch, for tests in which PyTorch itself writes a file: `$PYTHON`, or `python3`. */
import { spawnSync } from 'node:child_process';
import { skip } from './skip.js';

/** The command of a Python with these modules; ends the test as skipped where there is none. */
export function pythonWith(context: Mocha.Context, ...modules: string[]): string {
  const python = process.env.PYTHON ?? 'python3';
  const { status } = spawnSync(python, ['-c', `import ${modules.join(', ')}`], { timeout: 60_000 });
  return status === 0 ? python : skip(context, `no ${modules.join(' and ')} in ${python}; $PYTHON names another`);
}
