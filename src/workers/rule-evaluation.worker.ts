export { runShard as default } from './rule-evaluation.ts';
