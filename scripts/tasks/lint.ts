import { root } from '../build/folders.ts';
import { stages } from '../test/staticStages.ts';

let failed = 0;
for (const stage of stages) {
  const { passed, output } = await stage.check(root);
  process.stdout.write(`${passed ? 'ok    ' : 'failed'} ${stage.name}\n`);
  if (passed) continue;
  failed += 1;
  process.stdout.write(`${output}\n`);
}
process.exitCode = failed === 0 ? 0 : 1;
