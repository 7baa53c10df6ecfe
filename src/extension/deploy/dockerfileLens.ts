import {
  CodeLens,
  EventEmitter,
  languages,
  Range,
  workspace,
  type CodeLensProvider,
  type TextDocument,
} from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import { firstUrl } from '../commands/addresses.ts';
import type { CommandId } from '../ids.ts';
import type { Models } from '../model/models.ts';
import { showsCodeLens } from '../settings.ts';
import { hostOf } from '../tree/address.ts';
import { describeDeployment, lookOf } from '../tree/look.ts';
import type { DeploymentNode } from '../tree/nodes.ts';
import type { DeployMemory } from './memory.ts';

/** Above a Dockerfile that is deployed: how it is, where it answers, and what is done most often with it. */
export class DockerfileLens implements CodeLensProvider, Disposable {
  readonly #models: Pick<Models, 'get' | 'onChange'>;
  readonly #memory: DeployMemory;
  readonly #held = new DisposableStore();
  readonly #changed: EventEmitter<void>;
  readonly onDidChangeCodeLenses;

  constructor(models: Pick<Models, 'get' | 'onChange'>, memory: DeployMemory) {
    this.#models = models;
    this.#memory = memory;
    this.#changed = this.#held.add(new EventEmitter<void>());
    this.onDidChangeCodeLenses = this.#changed.event;
    const tell = (): void => this.#changed.fire();
    this.#held.add(memory.onChange(tell));
    this.#held.add(
      models.onChange((change) => {
        if (change.kind === 'all' || memory.dockerfileOf(change.id) !== undefined) tell();
      }),
    );
    this.#held.add(
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('patr.codeLens')) tell();
      }),
    );
    this.#held.add(languages.registerCodeLensProvider({ language: 'dockerfile', scheme: 'file' }, this));
  }

  provideCodeLenses(document: TextDocument): CodeLens[] {
    const { deploymentId = '' } = this.#memory.of(document.uri.toString()) ?? {};
    const deployment = this.#models.get(deploymentId);
    if (deployment === undefined || !showsCodeLens(document.uri)) return [];
    const line = firstInstruction(document);
    const range = new Range(line, 0, line, 0);
    return lensesOf(deployment).map(({ title, command }) => {
      const node: DeploymentNode = { kind: 'deployment', id: '', deployment };
      return new CodeLens(range, { title, command, arguments: [node] });
    });
  }

  dispose(): void {
    this.#held.dispose();
  }
}

function lensesOf(deployment: Deployment): readonly { title: string; command: CommandId }[] {
  const url = firstUrl(deployment);
  const { icon, words } = lookOf(deployment);
  const told = describeDeployment(deployment);
  const status = told.startsWith(words) ? told : [words, told].filter((part) => part !== '').join(' · ');
  return [
    { title: `$(${icon}) ${deployment.name}: ${status}`, command: 'patr.deployment.reveal' },
    ...(deployment.reason === undefined
      ? []
      : [{ title: '$(question) Explain', command: 'patr.deployment.explain' as const }]),
    ...(url === undefined
      ? []
      : [
          {
            title: `$(globe) ${hostOf({ url, port: 0, type: 'http' })}`,
            command: 'patr.deployment.open' as const,
          },
        ]),
    { title: '$(cloud-upload) Push', command: 'patr.deployment.push' },
    { title: '$(output) Logs', command: 'patr.deployment.logs' },
  ];
}

/** Comments and blank lines may stand above it. */
function firstInstruction(document: TextDocument): number {
  for (let line = 0; line < document.lineCount; line += 1)
    if (!/^\s*(?:#|$)/.test(document.lineAt(line).text)) return line;
  return 0;
}
