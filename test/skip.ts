/** @file A test that cannot run on this machine is shown as pending, and its title says why. */

/** Ends the test that runs in `context` as skipped. `reason`: what is missing, as the title then says it. */
export function skip(context: Mocha.Context, reason: string): never {
  context.test!.title += ` (skipped: ${reason})`;
  return context.skip();
}
