import type { Bench } from '../../scripts/bench/bench.ts';
import { ensureBrowser } from '../../scripts/setup/browser.ts';
import { ensureEditor } from '../../scripts/setup/editor.ts';
import { runInHost } from '../../scripts/test/inHostStage.ts';

/** What a person waits for who has a thousand deployments. */
export const bench: Bench = {
  name: 'tree',
  figures: {
    'tree.refresh_ms_1000':
      'reading 1,000 deployments again and making the items that are listed, in a real extension host, median of 5',
  },
  async run({ say }) {
    await ensureBrowser(say);
    await ensureEditor(say);
    const figures: Record<string, number> = {};
    const { failed } = await runInHost({
      filter: 'with a thousand deployments reads and draws them again',
      settings: {},
      signal: AbortSignal.timeout(120_000),
      onFigure: (name, value) => (figures[name] = value),
    });
    if (failed > 0) throw new Error('A thousand deployments were not listed.');
    return figures;
  },
};
