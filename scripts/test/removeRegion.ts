import { must } from '../setup/processes.ts';

/** Removes whatever a region has on the engine; for regions of tests, whatever became of the test. */
export async function removeRegion(region: string): Promise<void> {
  const filter = ['--quiet', '--filter', `label=cloud.patr.region=${region}`];
  await removeAll(['ps', '--all', ...filter], ['rm', '--force', '--volumes']);
  await removeAll(['network', 'ls', ...filter], ['network', 'rm']);
  await removeAll(['volume', 'ls', ...filter], ['volume', 'rm']);
  await removeAll(['image', 'ls', ...filter], ['image', 'rm', '--force']);
}

async function removeAll(list: readonly string[], remove: readonly string[]): Promise<void> {
  const names = (await must('docker', list)).split('\n').filter((name) => name !== '');
  if (names.length > 0) await must('docker', [...remove, ...new Set(names)]);
}
