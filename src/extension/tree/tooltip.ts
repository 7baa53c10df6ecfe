import { MarkdownString } from 'vscode';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import { describeDeployment, lookOf } from './look.ts';

/** What is known of a deployment, for the pointer and the screen reader. Names are text: nothing in them is markup. */
export function deploymentTooltip(deployment: Deployment): MarkdownString {
  const tip = new MarkdownString('', true);
  tip.appendMarkdown('**').appendText(deployment.name).appendMarkdown('**\n\n');
  tip.appendText(`${lookOf(deployment).words} · ${describeDeployment(deployment)}`);
  const { reason } = deployment;
  if (reason !== undefined) {
    tip.appendMarkdown('\n\n$(warning) ').appendText(reason.message);
    if (reason.lines !== undefined && reason.lines.length > 0)
      tip.appendCodeblock(reason.lines.slice(-8).join('\n'));
  }
  for (const { url } of (deployment.addresses ?? []).slice(0, 2)) {
    if (url !== undefined) tip.appendMarkdown('\n\n').appendText(url);
  }
  tip.appendMarkdown('\n\n').appendText(`tag ${deployment.imageTag}`);
  if (deployment.currentLiveDigest !== null)
    tip.appendText(` · ${deployment.currentLiveDigest.slice(0, 19)}`);
  return tip;
}
