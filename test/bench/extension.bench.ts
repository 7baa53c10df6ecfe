import type { Bench } from '../../scripts/bench/bench.ts';
import { packVsix } from '../../scripts/build/vsix.ts';
import { ensureBrowser } from '../../scripts/setup/browser.ts';
import { ensureEditor } from '../../scripts/setup/editor.ts';
import { runInHost } from '../../scripts/test/inHostStage.ts';
import { buildAll } from '../../esbuild.config.mjs';
import { median } from './median.ts';

const rounds = 5;

/** What the extension costs a person who does not use it right now. */
export const bench: Bench = {
  name: 'extension',
  figures: {
    'extension.activation_ms': `loading and activating in a real extension host, median of ${rounds} (aim below 50)`,
    'extension.vsix_bytes': 'size of the VSIX (aim below 2,000,000)',
  },
  async run({ say }) {
    await ensureBrowser(say);
    await ensureEditor(say);
    const { bytes } = await packVsix();
    await buildAll();
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const { failed } = await runInHost({
        filter: 'activation activates',
        settings: {},
        emptyFolder: true,
        signal: AbortSignal.timeout(120_000),
        onFigure: (_, value) => times.push(value),
      });
      if (failed > 0) throw new Error('The extension did not activate.');
    }
    return { 'extension.activation_ms': median(times), 'extension.vsix_bytes': bytes };
  },
};
