import { commands, type Uri } from 'vscode';
import { askForDeployment } from '../deploy/chooseDeployment.ts';
import { chooseDockerfile, sourceOf } from '../deploy/dockerfiles.ts';
import type { CommandContext } from './context.ts';

/** From a Dockerfile to a deployment: asks what has to be known, then runs the journey. */
export async function deployCommand(context: CommandContext, file: Uri | undefined): Promise<void> {
  const { connection, journeys, memory, model, notify, prompts, trusted } = context;
  if (!trusted()) {
    const manage = {
      label: 'Manage workspace trust',
      run: () => commands.executeCommand('workbench.trust.manage'),
    };
    await notify.warn('Nothing is built in a workspace that is not trusted. Trust it, and deploy again.', [
      manage,
    ]);
    return;
  }
  const dockerfile = await chooseDockerfile(file, prompts);
  if (dockerfile === undefined) return;
  const source = await sourceOf(dockerfile);
  const key = dockerfile.toString();
  // So that names can be compared while they are typed; without a region they are compared later.
  await connection.look();
  const answers = await askForDeployment(
    { source, regionLabel: connection.label, reviewed: memory.reviewed(key), target: () => model.target() },
    prompts,
  );
  if (answers === undefined) return;
  await memory.setReviewed(key);
  await journeys.deploy(dockerfile, source, answers);
}
