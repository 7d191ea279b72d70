export * from '../storage/text-lines.js';
