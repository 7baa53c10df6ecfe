import { must } from '../../scripts/setup/processes.ts';

/** Takes the images away that were built for a repository: by name, for the same image may be somebody else's too. */
export async function removeBuilt(repository: string): Promise<void> {
  const listed = await must('docker', [
    'image',
    'ls',
    '--format={{.Repository}}:{{.Tag}}',
    `--filter=reference=*/*/${repository}`,
  ]);
  const names = listed.split('\n').filter((one) => one !== '' && !one.endsWith('<none>'));
  if (names.length > 0) await must('docker', ['image', 'rm', ...names]);
}
