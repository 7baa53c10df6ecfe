import type { StoreOutcome, TrustWish } from './trust.ts';

const changed: Readonly<Record<TrustWish, string>> = {
  trust: 'The certificates of the local region are trusted by',
  untrust: 'The certificates of the local region are no longer trusted by',
};

/** What was done and what was not, in a sentence or two. */
export function outcomeWords(outcomes: readonly StoreOutcome[], wish: TrustWish): string {
  const done = outcomes.filter(({ kind }) => kind === 'done').map(({ store }) => store);
  const left = outcomes.filter((one) => one.kind === 'byHand');
  if (outcomes.length === 0)
    return 'This system keeps its trusted authorities in a way that is not known here. Nothing was changed.';
  const sentences: string[] = [];
  if (done.length > 0)
    sentences.push(`${changed[wish]} ${listed(done)}. Browsers that are open notice after a restart.`);
  for (const { store, why } of left)
    sentences.push(`Not changed: ${store}. ${/[.!?]$/.test(why) ? why : `${why}.`}`);
  return sentences.join(' ');
}

/** What is left to a person, to be read and pasted: a comment for each store, then its commands. */
export function stepsText(outcomes: readonly StoreOutcome[], wish: TrustWish): string {
  const parts = outcomes.flatMap((one) =>
    one.kind === 'byHand'
      ? [`# ${wish === 'trust' ? 'Trust in' : 'Take back from'} ${one.store}: ${one.why}`, ...one.commands]
      : [],
  );
  return `${parts.join('\n')}\n`;
}

function listed(names: readonly string[]): string {
  const [last, ...others] = names.toReversed();
  return others.length === 0 ? (last ?? '') : `${others.toReversed().join(', ')} and ${last}`;
}
