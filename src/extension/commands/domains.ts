import { env } from 'vscode';
import type { Target } from '../../deploy/target.ts';
import { decode } from '../../protocol/decode.ts';
import { domainName, type DnsRecord, type WorkspaceDomain } from '../../protocol/shapes/domain.ts';
import { back } from '../prompts.ts';
import type { DomainNode } from '../tree/nodes.ts';
import { domainLook } from '../tree/resourceWords.ts';
import { targetOf, type CommandContext } from './context.ts';

/** Adds a domain to the workspace, and says which record verifies it. */
export async function addDomainCommand(context: CommandContext): Promise<WorkspaceDomain | undefined> {
  const { api, workspaceId } = await targetOf(context);
  const name = await context.prompts.input({
    title: 'Add a domain',
    placeholder: 'Such as example.com. On a local region any name such as shop.localhost needs no DNS.',
    value: '',
    check: (text) => {
      const decoded = decode(domainName, text);
      return decoded.ok ? undefined : `It ${decoded.fields[0]?.message ?? 'is no domain'}.`;
    },
  });
  if (name === undefined || name === back) return undefined;
  const domain = await context.prompts.busy(async () => {
    const body = { domain: name, nameserverType: 'external' as const };
    const { id } = await api.addDomain({ params: { workspaceId }, body });
    return api.getDomain({ params: { workspaceId, domainId: id } });
  });
  await context.model.resources.renew('domains');
  if (domain.isVerified) void context.notify.done(`The domain ${domain.name} can be used.`);
  else void tellOfRecords(context, `The domain ${domain.name} was added.`, domain.records, domain.message);
  return domain;
}

/** Asks name servers for the record of a domain. */
export async function verifyDomainCommand(
  context: CommandContext,
  node: DomainNode | undefined,
): Promise<void> {
  const domain = await domainMeant(context, node, 'Verify a domain');
  if (domain === undefined) return;
  const { api, workspaceId } = await targetOf(context);
  const params = { workspaceId, domainId: domain.id };
  const { verified, records, message } = await context.prompts.busy(() => api.verifyDomain({ params }));
  await context.model.resources.renew('domains', 'urls');
  if (verified) void context.notify.done(`The domain ${domain.name} is verified.`);
  else void tellOfRecords(context, `The domain ${domain.name} is not verified.`, records, message);
}

export async function copyDomainRecordCommand(
  context: CommandContext,
  node: DomainNode | undefined,
): Promise<void> {
  const domain = await domainMeant(context, node, 'Copy the DNS record of a domain');
  const [record] = domain?.records ?? [];
  if (domain === undefined) return;
  if (record === undefined) throw new Error(`${domain.name} needs no DNS record.`);
  await copyRecord(context, record);
}

export async function deleteDomainCommand(
  context: CommandContext,
  node: DomainNode | undefined,
): Promise<void> {
  const domain = await domainMeant(context, node, 'Delete a domain');
  if (domain === undefined) return;
  const detail =
    'While managed URLs are under it, it is not deleted. To add it again it has to be verified anew.';
  if (!(await context.prompts.confirm(`Delete the domain ${domain.name}?`, detail, 'Delete'))) return;
  const { api, workspaceId } = await targetOf(context);
  await context.prompts.busy(() => api.deleteDomain({ params: { workspaceId, domainId: domain.id } }));
  await context.model.resources.renew('domains');
}

export function domainsIn({ api, workspaceId }: Target): Promise<WorkspaceDomain[]> {
  const params = { workspaceId };
  return Array.fromAsync(api.pages('listDomains', { params }, ({ domains }) => domains));
}

/** Says what is missing, with the record to copy. */
export async function tellOfRecords(
  context: CommandContext,
  what: string,
  records: readonly DnsRecord[] = [],
  message = '',
): Promise<void> {
  const [record] = records.filter(({ present }) => !present);
  const wanted = record === undefined ? '' : ` The record is ${recordWords(record)}.`;
  const copy = { label: 'Copy record', run: () => record !== undefined && copyRecord(context, record) };
  await context.notify.done(`${what} ${message}${wanted}`, record === undefined ? [] : [copy]);
}

/** As one writes it into a zone. */
function recordWords({ type, name, value }: DnsRecord): string {
  return `${name} ${type} ${type === 'TXT' ? `"${value}"` : value}`;
}

export async function copyRecord({ notify }: CommandContext, record: DnsRecord): Promise<void> {
  await env.clipboard.writeText(recordWords(record));
  void notify.done(
    `“${recordWords(record)}” is in the clipboard. Add it where the domain's records are kept.`,
  );
}

/** The domain that is meant: the node's, or the chosen one. Undefined: given up. */
async function domainMeant(
  context: CommandContext,
  node: DomainNode | undefined,
  title: string,
): Promise<WorkspaceDomain | undefined> {
  if (node !== undefined) return node.domain;
  const found = await domainsIn(await targetOf(context));
  if (found.length === 0) throw new Error('There are no domains yet. Add one first.');
  const items = found.map((domain) => ({
    label: `$(globe) ${domain.name}`,
    description: domainLook(domain).words,
    domain,
  }));
  const chosen = await context.prompts.pick(items, { title, placeholder: 'Which domain?' });
  return chosen === undefined || chosen === back ? undefined : chosen.domain;
}
