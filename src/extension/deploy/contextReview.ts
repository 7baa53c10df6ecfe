import { QuickPickItemKind, type QuickPickItem } from 'vscode';
import { previewOf } from '../../deploy/check.ts';
import type { Source } from '../../deploy/target.ts';
import { openContext } from '../../image/buildContext.ts';
import { addToIgnoreFile, type ContextPreview } from '../../image/contextPreview.ts';
import { formatBytes } from '../../base/formatBytes.ts';
import { redFlagReasons } from '../../image/redFlags.ts';
import { back, type Place, type Prompts } from '../prompts.ts';

interface ReviewItem extends QuickPickItem {
  readonly action?: 'build' | 'ignore';
}

/**
 * Shows what the build would send before the first build of a Dockerfile. `build`: go on. What looks like a secret
 * is said first, and left out with one click; then it is looked at again.
 */
export async function reviewContext(
  source: Source,
  prompts: Prompts,
  place: Place,
): Promise<'build' | typeof back | undefined> {
  for (;;) {
    const preview = await previewOf(source);
    const chosen = await prompts.pick(itemsFor(preview), {
      title: 'What the build sends',
      placeholder: `${count(preview.files)}, ${formatBytes(preview.bytes)}. Go on?`,
      place,
    });
    if (chosen === undefined || chosen === back) return chosen;
    if (chosen.action === 'build') return 'build';
    if (chosen.action === 'ignore') await addToIgnoreFile(await openContext(source), preview.suggestions);
  }
}

function itemsFor(preview: ContextPreview): ReviewItem[] {
  const build: ReviewItem = {
    label: '$(rocket) Build and deploy',
    description: `${count(preview.files)}, ${formatBytes(preview.bytes)}`,
    action: 'build',
  };
  const flagged = preview.redFlags.length > 0;
  const ignore: ReviewItem = {
    label: `$(shield) Leave out ${preview.suggestions.join(', ')}`,
    detail: `Adds ${preview.suggestions.length === 1 ? 'this line' : 'these lines'} to ${preview.ignoreFile ?? '.dockerignore'}`,
    action: 'ignore',
  };
  const flags = preview.redFlags.map(({ path, kind }): ReviewItem => ({
    label: `$(warning) ${path}`,
    description: redFlagReasons[kind],
  }));
  const biggest = preview.biggest.map(({ path, bytes }): ReviewItem => ({
    label: `$(file) ${path}`,
    description: formatBytes(bytes),
  }));
  return [
    ...(flagged && preview.suggestions.length > 0 ? [ignore, build] : [build]),
    ...(flagged ? [separator('Should these be in an image?'), ...flags] : []),
    separator('The largest files'),
    ...biggest,
  ];
}

function separator(label: string): ReviewItem {
  return { label, kind: QuickPickItemKind.Separator };
}

function count(files: number): string {
  return files === 1 ? '1 file' : `${files} files`;
}
