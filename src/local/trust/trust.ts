import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuthorityFacts } from './authority.ts';
import { isThere, makeFolder, type Command, type Machine, type Run } from './machine.ts';
import { fileName, storesOf, type StoreCommand, type TrustStore } from './stores.ts';

export type TrustWish = 'trust' | 'untrust';

export type StoreOutcome =
  | { readonly kind: 'done'; readonly store: string }
  /** `commands`: what a person would run, each as one line. */
  | {
      readonly kind: 'byHand';
      readonly store: string;
      readonly why: string;
      readonly commands: readonly string[];
    };

/** How often a name is forgotten at the most: several regions of one name leave several certificates. */
const mostOfOneName = 10;

export interface TrustParts {
  readonly machine: Machine;
  readonly run: Run;
  /** A folder that stays: commands that a person runs later read the certificate in it. */
  readonly folder: string;
}

/**
 * Makes programs of this machine believe the authority, or no longer. Doing either twice is as good as once. What
 * could not be done is told with the commands to do it by hand; other stores are not kept from it.
 */
export async function changeTrust(
  { machine, run, folder }: TrustParts,
  authority: AuthorityFacts,
  wish: TrustWish,
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly StoreOutcome[]> {
  await makeFolder(folder);
  const file = join(folder, fileName(authority));
  const emptyPassword = join(folder, 'no-password');
  await writeFile(file, authority.certificate);
  await writeFile(emptyPassword, '\n');
  const outcomes: StoreOutcome[] = [];
  for (const store of storesOf(machine, authority, { file, emptyPassword })) {
    signal.throwIfAborted();
    outcomes.push(await changeStore(store, wish, run, signal));
  }
  return outcomes;
}

async function changeStore(
  store: TrustStore,
  wish: TrustWish,
  run: Run,
  signal: AbortSignal,
): Promise<StoreOutcome> {
  const commands = store[wish].map(asLine);
  const byHand = (why: string): StoreOutcome => ({ kind: 'byHand', store: store.name, why, commands });
  if (store.byHand !== undefined) return byHand(store.byHand);
  try {
    if (store.folder !== undefined) await makeFolder(store.folder);
    for (const command of store[wish]) {
      const wrong = await runOne(command, run, signal);
      if (wrong !== undefined) return byHand(wrong);
    }
    return { kind: 'done', store: store.name };
  } catch (error) {
    if (signal.aborted) throw error;
    return byHand(error instanceof Error ? error.message : String(error));
  }
}

/** What went wrong, in the program's words; undefined: nothing. */
async function runOne(command: StoreCommand, run: Run, signal: AbortSignal): Promise<string | undefined> {
  const { program, fineWhen, untilAbsent, unlessThere } = command;
  if (unlessThere !== undefined && (await isThere(unlessThere))) return undefined;
  for (let tries = 0; tries < (untilAbsent === true ? mostOfOneName : 1); tries += 1) {
    const { code, output } = await run(command, { signal });
    if (code === 0) continue;
    if (fineWhen?.test(output) === true) return undefined;
    return output === '' ? `${program} ended with code ${code}.` : (output.split('\n').at(-1) ?? '');
  }
  return undefined;
}

/** As it can be pasted into a terminal. */
function asLine({ program, args }: Command): string {
  return [program, ...args].map(quoted).join(' ');
}

function quoted(text: string): string {
  return /^[A-Za-z0-9_./:,=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
