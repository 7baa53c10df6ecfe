import { parseArgs } from 'node:util';
import { buildAll } from '../../esbuild.config.mjs';
import { root } from '../build/folders.ts';
import { ensureBrowser } from '../setup/browser.ts';
import { ensureEditor } from '../setup/editor.ts';
import { settingsFor } from '../setup/editorSettings.ts';
import { ensureEngine } from '../setup/engine.ts';
import { ensureImages } from '../setup/images.ts';
import { ensureOwnEngine } from '../setup/ownEngine.ts';
import { ensureTrustTools } from '../setup/trustTools.ts';
import { ensureRegistryClients } from '../setup/registryClients.ts';
import { ensureRegistryProgram } from '../setup/registryProgram.ts';
import { runInHost } from '../test/inHostStage.ts';
import { runMocha, type Counts } from '../test/mochaStage.ts';
import { stages as staticStages } from '../test/staticStages.ts';

/** Set-up and tests of one stage. `needs` run before it, each once. */
interface Stage {
  readonly name: string;
  readonly needs: readonly (() => Promise<unknown>)[];
  run(): Promise<Counts>;
}

const { values } = parseArgs({
  options: { only: { type: 'string' }, grep: { type: 'string' } },
});

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Does the work at the first call and gives every caller the same outcome. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let outcome: Promise<T> | undefined;
  return () => (outcome ??= work());
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stop.abort(new Error(`ended by ${signal}`)));
}

const engine = once(() => ensureEngine(say));
const images = once(async () => {
  await engine();
  const found = await ensureImages(say);
  process.env['PATR_TEST_IMAGES'] = JSON.stringify(found);
  return found;
});
const editor = once(() => ensureEditor(say));
const browser = once(() => ensureBrowser(say));
const ownEngine = once(() => ensureOwnEngine());
const registryClients = once(() => ensureRegistryClients(say));
const registryProgram = once(() => ensureRegistryProgram());
const trustTools = once(() => ensureTrustTools());
const bundles = once(() => buildAll());

const stages: readonly Stage[] = [
  ...staticStages.map((stage): Stage => ({
    name: stage.name,
    needs: [],
    async run() {
      const { passed, output } = await stage.check(root);
      if (!passed) process.stdout.write(`${output}\n`);
      return passed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
    },
  })),
  mocha('unit', 'test/unit/**/*.test.ts', 20_000, []),
  mocha('contract', 'test/contract/**/*.test.ts', 180_000, [
    engine,
    images,
    browser,
    bundles,
    registryClients,
    registryProgram,
    trustTools,
  ]),
  {
    name: 'in-host',
    needs: [engine, images, browser, editor, bundles],
    run: async () =>
      runInHost({ filter: values.grep, settings: settingsFor(await images()), signal: stop.signal }),
  },
  mocha('e2e', 'test/e2e/**/*.test.ts', 600_000, [engine, images, ownEngine, browser, editor, bundles]),
];

function mocha(name: string, files: string, timeoutMs: number, needs: Stage['needs']): Stage {
  return {
    name,
    needs,
    run: () => runMocha({ name, files, timeoutMs, filter: values.grep, signal: stop.signal }),
  };
}

async function runStage(stage: Stage): Promise<Counts> {
  try {
    for (const need of stage.needs) {
      await need();
      stop.signal.throwIfAborted();
    }
    return await stage.run();
  } catch (error) {
    process.stdout.write(
      `${stage.name} could not run: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return { passed: 0, failed: 1 };
  }
}

const chosen = stages.filter(({ name }) => values.only === undefined || values.only === name);
if (chosen.length === 0) {
  say(`There is no stage ${values.only}. Stages: ${stages.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
// The editor takes minutes to set up on a new machine: it is made ready while the quick stages run.
if (chosen.some(({ needs }) => needs.includes(editor))) editor().catch(() => undefined);

const total = { passed: 0, failed: 0 };
for (const stage of chosen) {
  if (stop.signal.aborted) break;
  const started = performance.now();
  process.stdout.write(`\n== ${stage.name}\n`);
  const { passed, failed } = await runStage(stage);
  total.passed += passed;
  total.failed += failed;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`== ${stage.name}: ${passed} passed, ${failed} failed (${seconds} s)\n`);
}
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
process.exit(total.failed === 0 && total.passed > 0 && !stop.signal.aborted ? 0 : 1);
