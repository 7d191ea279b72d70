/** @file Puts beside the bundled ECharts what its licence and those of its parts want to go with every copy. */
import { readFileSync, writeFileSync } from 'node:fs';

const parts = [
  'echarts/NOTICE',
  'echarts/LICENSE',
  'echarts/licenses/LICENSE-d3',
  'zrender/LICENSE',
  'tslib/LICENSE.txt',
];
const texts = parts.map((part) => `== ${part}\n\n${readFileSync(`node_modules/${part}`, 'utf8').trim()}\n`);
writeFileSync('dist/src/report/figures/echarts.LICENSE.txt', texts.join('\n'));
