/**
 * @file Runs one command line: errors become messages and exit codes, signals become an orderly end.
 *
 * Exit codes: 0 done; 1 (or the error's own) a mistake that the user can mend; 69 an engine cannot be installed
 * for want of a tool, room or a registry; 70 a defect of acanet; 130 and 143 after SIGINT and SIGTERM. A reader that
 * goes away (`acanet … | head`) ends the command quietly.
 */
import { CommanderError } from 'commander';
import { inWords, messageOf, UserError } from '../errors.js';
import { withoutHelpOfNothing } from './help-of-nothing.js';
import { interruption } from './interruption.js';
import { createProgram, GREETING } from './program.js';
import { print, say } from './output.js';

const DEFECT = 70; // EX_SOFTWARE of sysexits.h

export async function runCommandLine(argv: readonly string[]): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    say(`✖ the output cannot be written: ${messageOf(error)}\n`);
    process.exit(1);
  });
  // Talk that nobody reads any more is no reason to stop the work.
  process.stderr.on('error', () => undefined);
  if (argv.length <= 2) {
    print(GREETING);
    return;
  }
  try {
    const program = createProgram();
    await program.parseAsync(withoutHelpOfNothing(program, argv));
  } catch (error) {
    end(report(error));
  }
}

/** Says what went wrong, on stderr. @returns the exit code */
export function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode; // commander has said it
  const interrupted = interruption();
  if (interrupted) {
    const hint = interrupted.goesOn ? '; the same command goes on from here' : '';
    say(`\n✖ stopped by ${interrupted.signal}${hint}\n`);
    return interrupted.exitCode;
  }
  const said = inWords(error);
  if (said instanceof UserError) {
    say(`✖ ${said.message}\n`);
    return said.exitCode;
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  say(`✖ this is a defect of acanet, not of your input; please report it with these lines:\n${trace}\n`);
  return DEFECT;
}

/** Ends the process even if a worker still runs, after stdout has been written. */
function end(exitCode: number): void {
  process.exitCode = exitCode;
  // An output that cannot be written says so first.
  process.stdout.write('', () => setImmediate(() => process.exit(exitCode)));
}
