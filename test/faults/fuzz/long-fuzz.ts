/** @file The long form of the fuzzer: a line for each parser, and every finding with its number. */
import { allParsers, fuzzInThread } from './fuzz.js';

/** @param inputs in all, about @returns how many findings there are */
export async function reportFuzz({
  folder,
  inputs,
  from,
  only,
}: {
  folder: string;
  inputs: number;
  from: number;
  only?: readonly string[];
}): Promise<number> {
  const parsers = allParsers(`${folder}/weights`).filter(({ name }) => only?.includes(name) ?? true);
  const inputsPerWeight = inputs / parsers.reduce((sum, { weight = 1 }) => sum + weight, 0);
  console.log('parser | inputs | read | refused | findings | seconds');
  const total = { inputs: 0, findings: 0 };
  let began = performance.now();
  await fuzzInThread(
    { folder, inputsPerWeight, from, ...(only && { only }) },
    ({ parser, inputs, accepted, findings }) => {
      const seconds = ((performance.now() - began) / 1000).toFixed(0);
      began = performance.now();
      console.log([parser, inputs, accepted, inputs - accepted, findings.length, seconds].join(' | '));
      for (const finding of findings.slice(0, 10)) console.log(`  ${finding}`);
      total.inputs += inputs;
      total.findings += findings.length;
    },
  );
  console.log(`${total.inputs} inputs, ${total.findings} findings`);
  return total.findings;
}
