import { env, window } from 'vscode';
import { authorityFacts, type AuthorityFacts } from '../../local/trust/authority.ts';
import { thisMachine, runCommand } from '../../local/trust/machine.ts';
import { changeTrust, type StoreOutcome, type TrustWish } from '../../local/trust/trust.ts';
import { outcomeWords, stepsText } from '../../local/trust/words.ts';
import { targetOf, type CommandContext } from './context.ts';

const questions: Readonly<Record<TrustWish, string>> = {
  trust: 'Trust the certificates of the local region on this machine?',
  untrust: 'Take back the trust in the certificates of the local region?',
};

const buttons: Readonly<Record<TrustWish, string>> = { trust: 'Trust', untrust: 'Take back' };

/** Makes browsers and programs of the machine believe the region's certificates, or no longer. */
export async function trustCommand(context: CommandContext, wish: TrustWish): Promise<void> {
  const { prompts, notify, storageFolder } = context;
  const authority = await authorityOf(context);
  if (!(await prompts.confirm(questions[wish], detailOf(authority), buttons[wish]))) return;
  const parts = { machine: await thisMachine(), run: runCommand, folder: storageFolder };
  const outcomes = await prompts.progress('Certificates of the local region', (_, signal) =>
    changeTrust(parts, authority, wish, { signal }),
  );
  const words = outcomeWords(outcomes, wish);
  if (outcomes.length > 0 && outcomes.every(({ kind }) => kind === 'done')) return notify.done(words);
  const steps = stepsText(outcomes, wish);
  await notify.warn(words, [
    { label: 'Copy the steps', run: () => env.clipboard.writeText(steps) },
    ...terminalAction(outcomes),
  ]);
}

async function authorityOf(context: CommandContext): Promise<AuthorityFacts> {
  await targetOf(context);
  const state = context.model.connection.state();
  const regions = state.kind === 'connected' ? state.regions : [];
  const pem = regions.find(({ edge }) => edge !== undefined)?.edge?.certificateAuthority;
  if (pem === undefined)
    throw new Error('The edge of the local region is not up yet. Wait a moment, and try again.');
  return authorityFacts(pem);
}

function detailOf({ name, fingerprint, endsAt }: AuthorityFacts): string {
  const lines = [
    `${name}, until ${new Date(endsAt).toISOString().slice(0, 10)}`,
    `SHA-256 ${fingerprint}`,
    'It can vouch for names under .localhost and for nothing else. Its key is in the state of the local region.',
  ];
  // The extension may run elsewhere than the browser: what is changed is the machine that it runs on.
  if (env.remoteName !== undefined)
    lines.push('This window works on another machine: it is that machine whose programs are told.');
  return lines.join('\n\n');
}

/** What is left to do is typed into a terminal; the person sends it off. */
function terminalAction(outcomes: readonly StoreOutcome[]) {
  const lines = outcomes.flatMap((one) => (one.kind === 'byHand' ? one.commands : []));
  if (lines.length === 0) return [];
  const run = (): void => {
    const terminal = window.createTerminal('Certificates');
    terminal.show();
    terminal.sendText(lines.join(' ; '), false);
  };
  return [{ label: 'Type them in a terminal', run }];
}
