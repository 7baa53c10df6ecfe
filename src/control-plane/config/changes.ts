import { configBreaches } from '../../protocol/configMounts.ts';
import type { FieldProblem } from '../../protocol/problems.ts';
import type { ConfigChange } from '../../protocol/shapes/configMount.ts';
import { formatTimestamp } from '../../protocol/wire.ts';
import type { ConfigVersion, ConfigWrite } from '../state/configMounts.ts';

/** What there is of a deployment's config mounts, as far as a change looks at it. */
export interface ConfigGround {
  /** Those that there are. */
  readonly present: readonly ConfigVersion[];
  /** The last change of a file, also when it was removed then. */
  readonly last: (name: string) => ConfigVersion | undefined;
  /** Content of a file, now or in an earlier version; undefined when there is none (any more). */
  readonly contentOf: (name: string, version?: number) => Buffer | undefined;
}

export type ConfigDecision =
  | { readonly kind: 'writes'; readonly writes: readonly ConfigWrite[] }
  /** Files that were changed meanwhile, each with who, when and the present version. */
  | { readonly kind: 'conflict'; readonly fields: readonly FieldProblem[] }
  | { readonly kind: 'absent'; readonly says: string }
  | { readonly kind: 'refused'; readonly fields: readonly FieldProblem[] };

/** What changes come to: all of them or none. Pure. */
export function decideChanges(changes: readonly ConfigChange[], ground: ConfigGround): ConfigDecision {
  const twice = changedTwice(changes);
  if (twice.length > 0) return { kind: 'refused', fields: twice };
  const conflicts = changes.flatMap((change) => conflictOf(change, ground) ?? []);
  if (conflicts.length > 0) return { kind: 'conflict', fields: conflicts };
  const writes: ConfigWrite[] = [];
  for (const change of changes) {
    const made = writesFor(change, ground);
    if (typeof made === 'string') return { kind: 'absent', says: made };
    writes.push(...made);
  }
  const fields = newBreaches(writes, ground);
  return fields.length > 0 ? { kind: 'refused', fields } : { kind: 'writes', writes };
}

function changedTwice(changes: readonly ConfigChange[]): readonly FieldProblem[] {
  const seen = new Set<string>();
  return changes
    .flatMap(({ name, from }) => (from === undefined || from === name ? [name] : [name, from]))
    .flatMap((name) => {
      if (seen.has(name)) return [{ field: `configMounts.${name}`, message: 'is changed twice' }];
      seen.add(name);
      return [];
    });
}

function conflictOf({ name, ifVersion }: ConfigChange, ground: ConfigGround): FieldProblem | undefined {
  if (ifVersion === undefined) return undefined;
  const there = ground.present.find((one) => one.name === name);
  if ((there?.version ?? null) === ifVersion) return undefined;
  return { field: `configMounts.${name}`, message: changedWords(there, ground.last(name)) };
}

function changedWords(there: ConfigVersion | undefined, last: ConfigVersion | undefined): string {
  const change = there ?? last;
  if (change === undefined) return 'does not exist';
  const by = change.changedBy === undefined ? '' : ` by ${change.changedBy}`;
  const when = formatTimestamp(change.changedAt);
  return there === undefined
    ? `was deleted${by} at ${when} (version ${change.version})`
    : `was changed${by} at ${when}, and is at version ${change.version}`;
}

/** What one change writes, or why it cannot be. What is there already is not written again. */
function writesFor(change: ConfigChange, ground: ConfigGround): readonly ConfigWrite[] | string {
  const { name, content, from, restore } = change;
  if (content === null) {
    if (ground.present.every((one) => one.name !== name)) return `There is no config mount ${name}.`;
    return [{ name, content: undefined }];
  }
  if (from !== undefined) {
    const moved = ground.contentOf(from);
    if (moved === undefined) return `There is no config mount ${from}.`;
    return from === name
      ? []
      : [
          { name: from, content: undefined },
          { name, content: moved },
        ];
  }
  const wanted = content === undefined ? ground.contentOf(name, restore) : Buffer.from(content, 'base64');
  if (wanted === undefined) return `Version ${restore} of ${name} is not kept (any more).`;
  return ground.contentOf(name)?.equals(wanted) === true ? [] : [{ name, content: wanted }];
}

/** Rules that the whole would break, and does not break already. */
function newBreaches(writes: readonly ConfigWrite[], { present }: ConfigGround): readonly FieldProblem[] {
  const before = new Map(present.map(({ name, size }) => [name, size]));
  const after = new Map(before);
  for (const { name, content } of writes) {
    if (content === undefined) after.delete(name);
    else after.set(name, content.length);
  }
  const known = new Set(configBreaches(before).map(({ field, message }) => `${field} ${message}`));
  return configBreaches(after).filter(({ field, message }) => !known.has(`${field} ${message}`));
}
