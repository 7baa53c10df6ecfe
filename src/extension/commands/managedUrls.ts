import { env } from 'vscode';
import type { Target } from '../../deploy/target.ts';
import { decode } from '../../protocol/decode.ts';
import type { Deployment } from '../../protocol/shapes/deployment.ts';
import type { WorkspaceDomain } from '../../protocol/shapes/domain.ts';
import {
  bareDomain,
  managedUrlTarget,
  subDomain as subDomainRule,
  urlPath,
  type ManagedUrl,
  type ManagedUrlTarget,
} from '../../protocol/shapes/managedUrl.ts';
import { back } from '../prompts.ts';
import type { DeploymentNode, ManagedUrlNode } from '../tree/nodes.ts';
import { describeUrl, domainLook, urlWords } from '../tree/resourceWords.ts';
import { chooseDeployment, targetOf, type CommandContext } from './context.ts';
import { addDomainCommand, copyRecord, domainsIn, tellOfRecords } from './domains.ts';

/** Asks for domain, sub-domain, path and where it leads, and makes the URL. */
export async function addManagedUrlCommand(
  context: CommandContext,
  node: DeploymentNode | undefined,
): Promise<void> {
  const target = await targetOf(context);
  const domain = await askForDomain(context, target);
  const subDomain = domain === undefined ? undefined : await askForSubDomain(context, domain);
  const path = subDomain === undefined ? undefined : await askForPath(context, 'Add a managed URL', '/');
  if (domain === undefined || subDomain === undefined || path === undefined) return;
  const urlType = await askForTarget(context, 'Add a managed URL', node?.deployment);
  if (urlType === undefined) return;
  const { api, workspaceId } = target;
  const body = { subDomain, domainId: domain.id, path, urlType };
  const { id } = await context.prompts.busy(() => api.createManagedUrl({ params: { workspaceId }, body }));
  await context.model.resources.renew('urls');
  const made = (await urlsIn(target)).find((url) => url.id === id);
  if (made !== undefined) void tellOf(context, made, `${urlWords(made)} was added.`);
}

/** Path and target can be changed; another host is another URL. */
export async function editManagedUrlCommand(
  context: CommandContext,
  node: ManagedUrlNode | undefined,
): Promise<void> {
  const title = 'Edit a managed URL';
  const url = await urlMeant(context, node, title);
  const path = url === undefined ? undefined : await askForPath(context, title, url.path);
  if (url === undefined || path === undefined) return;
  const given = url.type === 'proxyDeployment' ? context.model.get(url.deploymentId) : undefined;
  const urlType = await askForTarget(context, title, given, url);
  if (urlType === undefined) return;
  const { api, workspaceId } = await targetOf(context);
  const params = { workspaceId, managedUrlId: url.id };
  await context.prompts.busy(() => api.updateManagedUrl({ params, body: { path, urlType } }));
  await context.model.resources.renew('urls');
}

export async function deleteManagedUrlCommand(
  context: CommandContext,
  node: ManagedUrlNode | undefined,
): Promise<void> {
  const url = await urlMeant(context, node, 'Delete a managed URL');
  if (url === undefined) return;
  const detail = 'It answers nobody from then on. What it leads to goes on.';
  if (!(await context.prompts.confirm(`Delete ${urlWords(url)}?`, detail, 'Delete'))) return;
  const { api, workspaceId } = await targetOf(context);
  const params = { workspaceId, managedUrlId: url.id };
  await context.prompts.busy(() => api.deleteManagedUrl({ params }));
  await context.model.resources.renew('urls');
}

/** Asks name servers whether it leads here, and says what is missing. */
export async function verifyManagedUrlCommand(
  context: CommandContext,
  node: ManagedUrlNode | undefined,
): Promise<void> {
  const url = await urlMeant(context, node, 'Check the DNS of a managed URL');
  if (url === undefined) return;
  const { api, workspaceId } = await targetOf(context);
  const params = { workspaceId, managedUrlId: url.id };
  const { configured, records, message } = await context.prompts.busy(() => api.verifyManagedUrl({ params }));
  await context.model.resources.renew('urls');
  if (configured) void context.notify.done(`${urlWords(url)} leads to the region.`);
  else void tellOfRecords(context, `${urlWords(url)} does not lead here.`, records, message);
}

export async function copyManagedUrlRecordCommand(
  context: CommandContext,
  node: ManagedUrlNode | undefined,
): Promise<void> {
  const url = await urlMeant(context, node, 'Copy the DNS record of a managed URL');
  if (url === undefined) return;
  const records = url.records ?? [];
  const record = records.find(({ present }) => !present) ?? records[0];
  if (record === undefined) throw new Error(`${urlWords(url)} needs no DNS record.`);
  await copyRecord(context, record);
}

export async function openManagedUrlCommand(
  context: CommandContext,
  node: ManagedUrlNode | undefined,
): Promise<void> {
  const url = await urlMeant(context, node, 'Open a managed URL');
  if (url?.address !== undefined) await context.prompts.open(url.address);
}

export async function copyManagedUrlCommand(
  context: CommandContext,
  node: ManagedUrlNode | undefined,
): Promise<void> {
  const url = await urlMeant(context, node, 'Copy a managed URL');
  if (url !== undefined) await env.clipboard.writeText(url.address ?? urlWords(url));
}

async function tellOf(context: CommandContext, url: ManagedUrl, what: string): Promise<void> {
  if (url.state === 'active') {
    const { address } = url;
    const open = { label: 'Open', run: () => address !== undefined && context.prompts.open(address) };
    await context.notify.done(what, [open]);
  } else await tellOfRecords(context, what, url.records, url.message);
}

function urlsIn({ api, workspaceId }: Target): Promise<ManagedUrl[]> {
  const params = { workspaceId };
  return Array.fromAsync(api.pages('listManagedUrls', { params }, ({ urls }) => urls));
}

/** The URL that is meant: the node's, or the chosen one. Undefined: given up. */
async function urlMeant(
  context: CommandContext,
  node: ManagedUrlNode | undefined,
  title: string,
): Promise<ManagedUrl | undefined> {
  if (node !== undefined) return node.url;
  const found = await urlsIn(await targetOf(context));
  if (found.length === 0) throw new Error('There are no managed URLs yet. Add one first.');
  const items = found.map((url) => ({
    label: `$(link) ${urlWords(url)}`,
    description: describeUrl(url),
    url,
  }));
  const chosen = await context.prompts.pick(items, { title, placeholder: 'Which managed URL?' });
  return chosen === undefined || chosen === back ? undefined : chosen.url;
}

/** One of the workspace's, or one that is added on the spot. */
async function askForDomain(context: CommandContext, target: Target): Promise<WorkspaceDomain | undefined> {
  const found = await domainsIn(target);
  if (found.length === 0) return addDomainCommand(context);
  const items = found.map((domain) => ({
    label: `$(globe) ${domain.name}`,
    description: domainLook(domain).words,
    domain: domain as WorkspaceDomain | undefined,
  }));
  const another = { label: '$(add) Another domain…', description: '', domain: undefined };
  const question = { title: 'Add a managed URL', placeholder: 'Under which domain?' };
  const chosen = await context.prompts.pick([...items, another], question);
  if (chosen === undefined || chosen === back) return undefined;
  return chosen.domain ?? addDomainCommand(context);
}

async function askForSubDomain(
  { prompts }: CommandContext,
  { name }: WorkspaceDomain,
): Promise<string | undefined> {
  const given = await prompts.input({
    title: 'Add a managed URL',
    placeholder: `Sub-domain of ${name}, such as www; ${bareDomain} for ${name} itself`,
    value: 'www',
    check: (text) => {
      const decoded = decode(subDomainRule, text);
      return decoded.ok ? undefined : `It ${decoded.fields[0]?.message ?? 'is no sub-domain'}.`;
    },
  });
  return given === undefined || given === back ? undefined : given;
}

async function askForPath(
  { prompts }: CommandContext,
  title: string,
  value: string,
): Promise<string | undefined> {
  const given = await prompts.input({
    title,
    placeholder: 'Path: everything at or below it is answered; the longest one wins',
    value,
    check: (text) => {
      const decoded = decode(urlPath, text);
      return decoded.ok ? undefined : `It ${decoded.fields[0]?.message ?? 'is no path'}.`;
    },
  });
  return given === undefined || given === back ? undefined : given;
}

const targetKinds = [
  { label: '$(rocket) A deployment', description: 'one of its http ports', type: 'proxyDeployment' },
  { label: '$(server) Another server', description: 'requests are passed on to it', type: 'proxyUrl' },
  { label: '$(arrow-right) A redirect for now', description: '307', type: 'redirect', permanent: false },
  { label: '$(arrow-right) A redirect for good', description: '308', type: 'redirect', permanent: true },
] as const;

/** Where it leads. `given`: the deployment that is meant, where one is; then only its port may have to be asked for. */
async function askForTarget(
  context: CommandContext,
  title: string,
  given: Deployment | undefined,
  before?: ManagedUrl,
): Promise<ManagedUrlTarget | undefined> {
  if (given !== undefined && before === undefined) return askForPort(context, title, given);
  const question = { title, placeholder: 'Where does it lead?' };
  const kind = await context.prompts.pick(targetKinds, question);
  if (kind === undefined || kind === back) return undefined;
  if (kind.type === 'proxyDeployment') {
    const deployment = await chooseDeployment(context, undefined, () => true, title, { alwaysAsk: true });
    return deployment === undefined ? undefined : askForPort(context, title, deployment);
  }
  const targetOfText = (text: string): ManagedUrlTarget => {
    const url = text.trim().replace(/^https?:\/\//i, '');
    const httpOnly = /^\s*http:\/\//i.test(text);
    return kind.type === 'proxyUrl'
      ? { type: 'proxyUrl', url, httpOnly }
      : { type: 'redirect', url, permanentRedirect: kind.permanent, httpOnly };
  };
  const value =
    before?.type === 'proxyUrl' || before?.type === 'redirect'
      ? `${before.httpOnly ? 'http' : 'https'}://${before.url}`
      : 'https://';
  const text = await context.prompts.input({
    title,
    placeholder: 'Its address',
    value,
    check: (typed) => {
      const decoded = decode(managedUrlTarget, targetOfText(typed));
      return decoded.ok ? undefined : `The address ${decoded.fields[0]?.message ?? 'cannot be used'}.`;
    },
  });
  return text === undefined || text === back ? undefined : targetOfText(text);
}

/** One of its http ports; the only one is not asked for. */
async function askForPort(
  context: CommandContext,
  title: string,
  { id, name }: Deployment,
): Promise<ManagedUrlTarget | undefined> {
  const { info } = await context.model.details(id);
  const ports = Object.keys(info.ports).filter((port) => info.ports[port] === 'http');
  const items = ports.map((port) => ({ label: `Port ${port}`, port: Number(port) }));
  const [only] = items;
  if (only === undefined) throw new Error(`${name} has no http port. Add one to it first.`);
  const chosen =
    items.length === 1
      ? only
      : await context.prompts.pick(items, { title, placeholder: `Which port of ${name}?` });
  if (chosen === undefined || chosen === back) return undefined;
  return { type: 'proxyDeployment', deploymentId: id, port: chosen.port };
}
