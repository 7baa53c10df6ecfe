import { join } from 'node:path';
import * as v from 'valibot';
import { textOf, writePrivately } from '../privateFile.ts';
import type { Attempts } from './decide.ts';

const attempts = v.object({
  hosts: v.array(v.string()),
  failures: v.number(),
  nextAt: v.number(),
  message: v.string(),
  type: v.string(),
});
const kept = v.object({
  directory: v.string(),
  quietUntil: v.number(),
  attempts: v.record(v.string(), attempts),
});

/** What must survive a restart, so that an authority is not asked more often because of one. */
export interface AcmeMemory {
  attempts(holder: string): Attempts | undefined;
  /** The authority wants to be asked nothing at all before this time. */
  quietUntil(): number;
  remember(holder: string, attempts: Attempts | undefined): Promise<void>;
  stayQuiet(until: number): Promise<void>;
  /** Drops what is known of holders that there are no more. */
  keepOnly(holders: ReadonlySet<string>): Promise<void>;
}

/** Reads it from the state directory. What another authority said is nothing to this one. */
export async function openAcmeMemory(stateDir: string, directory: string): Promise<AcmeMemory> {
  const file = join(stateDir, 'acme.json');
  const text = await textOf(file);
  const found = text === undefined ? undefined : v.safeParse(kept, parsed(text));
  const same = found?.success === true && found.output.directory === directory ? found.output : undefined;
  let quietUntil = same?.quietUntil ?? 0;
  const all = new Map<string, Attempts>(Object.entries(same?.attempts ?? {}));

  const write = (): Promise<void> =>
    writePrivately(file, JSON.stringify({ directory, quietUntil, attempts: Object.fromEntries(all) }));

  return {
    attempts: (holder) => all.get(holder),
    quietUntil: () => quietUntil,
    async remember(holder, now) {
      if (now === undefined && !all.has(holder)) return;
      if (now === undefined) all.delete(holder);
      else all.set(holder, now);
      await write();
    },
    async stayQuiet(until) {
      quietUntil = Math.max(quietUntil, until);
      await write();
    },
    async keepOnly(holders) {
      const gone = Array.from(all.keys()).filter((holder) => !holders.has(holder));
      if (gone.length === 0) return;
      for (const holder of gone) all.delete(holder);
      await write();
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The account's private key, made once. Who has it can act in the account's name. */
export async function accountKey(stateDir: string, make: () => Promise<string>): Promise<string> {
  const file = join(stateDir, 'acme-account.key');
  const there = await textOf(file);
  if (there !== undefined) return there;
  const made = await make();
  await writePrivately(file, made);
  return made;
}
