/** @file The process that `describe.ts` starts: tries one engine on one device, and prints one line of JSON. */
import { messageOf } from '../errors.js';
import type { EngineChoice, EngineDescription } from './describe.js';
import { tryEngine } from './try-engine.js';

const [name, device] = process.argv.slice(2) as [EngineChoice['name'], EngineChoice['device']];

const found = await tryEngine({ name, device, threads: null }).then(
  (remark) => ({ works: true, remark }),
  (error: unknown) => ({ works: false, remark: messageOf(error) }),
);
const description: EngineDescription = { engine: name, device, ...found };
process.stdout.write(`${JSON.stringify(description)}\n`);
