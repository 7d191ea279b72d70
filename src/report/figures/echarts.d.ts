/** @file Types of the bundled ECharts: see `echarts-bundle.js`. */
export { init } from 'echarts/core';
