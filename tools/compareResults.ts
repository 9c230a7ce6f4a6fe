// Says how far a run of an experiment lies from the one in results/ (tools/compareUnits.ts). It judges nothing: what
// two processors may differ by depends on the experiment. `node build/tools/compareResults.js NEW.json PUBLISHED.json`
import { readResult } from '../src/report/index.ts';
import { compareUnits } from './compareUnits.ts';

const [mine, theirs] = process.argv.slice(2);
if (theirs === undefined) throw new Error('name two results');
const [first, second] = await Promise.all([readResult(mine), readResult(theirs)]);
if (first === undefined || second === undefined) {
  throw new Error(`there is no ${first === undefined ? mine : theirs}`);
}
const { both, single, equal, largest, others } = compareUnits(first.units, second.units);
const lines = [
  `${mine} against ${theirs}: ${equal} of ${both} units equal to the last bit` +
    (single === 0 ? '' : `, ${single} in one of them only`),
];
if (largest !== null) {
  lines.push(
    `  numbers differ by ${largest.difference.toPrecision(2)} of themselves at most (${largest.at})`,
  );
}
if (others.length > 0) lines.push(`  ${others.length} other values differ, the first at ${others[0]}`);
process.stdout.write(`${lines.join('\n')}\n`);
