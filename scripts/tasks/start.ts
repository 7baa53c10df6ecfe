import { parseArgs } from 'node:util';
import { buildAll } from '../../esbuild.config.mjs';
import { packVsix } from '../build/vsix.ts';
import { ensureEditor } from '../setup/editor.ts';
import { settingsFor } from '../setup/editorSettings.ts';
import { ensureEngine } from '../setup/engine.ts';
import { ensureImages } from '../setup/images.ts';
import { startEditorForPeople } from '../start/editorForPeople.ts';
import { forPeople } from '../start/forPeople.ts';
import { doMainJob } from '../start/mainJob.ts';
import { makeReporter } from '../start/reporter.ts';
import { prepareSample } from '../start/sample.ts';
import { wire } from '../start/wiring.ts';

/** Sets up what is missing, does the main job on the sample, and opens VS Code on it unless `--once` is given. */
const { values } = parseArgs({ options: { once: { type: 'boolean', default: false } } });
const reporter = makeReporter(
  (line) => process.stderr.write(`${line}\n`),
  values.once ? (line) => process.stdout.write(`${line}\n`) : undefined,
);
const stop = new AbortController();
const { signal } = stop;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => stop.abort(new DOMException(`Ended by ${name}`, 'AbortError')));
}

/** What is set up may take minutes and cannot be broken off; whoever wants to leave does not wait for it. */
function orAborted<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}

async function run(): Promise<void> {
  await reporter.during(
    'engine',
    () => orAborted(ensureEngine(reporter.say)),
    (version) => ({ version }),
  );
  // It takes minutes on a new machine and nothing of the main job needs it: it is made ready beside.
  const editor = values.once ? undefined : ensureEditor(reporter.say);
  editor?.catch(() => undefined);
  const images = await reporter.during(
    'images',
    () => orAborted(ensureImages(reporter.say)),
    ({ node }) => ({ base: node }),
  );
  const folder = await prepareSample();
  if (editor === undefined) await buildAll(['controlPlane']);
  const vsix = editor === undefined ? undefined : await packVsix();
  const { parts, dispose } = await wire({ images, folder, signal });
  const url = await doMainJob(parts, reporter, signal).finally(dispose);
  reporter.say(`\nThe sample answers at ${url}`);
  if (editor === undefined || vsix === undefined) return;

  const settings = settingsFor(images);
  const running = await startEditorForPeople({
    editor: await orAborted(editor),
    vsix: vsix.path,
    folder,
    settings,
    signal,
  });
  reporter.say(
    `VS Code, with the extension and the sample in it: ${running.url}\nCtrl-C ends it; what is deployed goes on serving.`,
  );
  await running.ended;
}

try {
  await run();
  process.exit(0);
} catch (error) {
  if (!signal.aborted) throw forPeople(error);
  reporter.say('Stopped. What is deployed goes on serving.');
  process.exit(130);
}
