/** One case in a process of its own: what other cases have compiled and allocated cannot touch it. */
import { cases } from './cases.ts';

const [, , name = '', scale = '1', isLong = 'false', minutes = '5'] = process.argv;
const found = Object.entries(cases).find(([key]) => key === name)?.[1];
if (found === undefined) throw new Error(`there is no case ${name}`);
const rows = await found.run({
  scale: JSON.parse(scale) as number,
  isLong: isLong === 'true',
  minutes: JSON.parse(minutes) as number,
});
process.stdout.write(`${JSON.stringify(rows)}\n`);
process.exit(0);
