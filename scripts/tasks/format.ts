import { root } from '../build/folders.ts';
import { must } from '../setup/processes.ts';

process.stdout.write(await must('oxfmt', ['.'], { cwd: root }));
