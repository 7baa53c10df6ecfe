import { bareDomain } from '../../protocol/shapes/managedUrl.ts';
import type { EdgePorts } from '../hostNames.ts';

/** The host name of a sub-domain of a domain. */
export function hostOf(subDomain: string, domainName: string): string {
  return subDomain === bareDomain ? domainName : `${subDomain}.${domainName}`;
}

/** Whether a name is below the domain that deployments of the region have their names under. */
export function isWithin(name: string, regionDomain: string): boolean {
  return name.endsWith(`.${regionDomain}`);
}

/** Whether a host could be the name of a deployment: one label below the region's own domain. */
export function isDeploymentName(host: string, regionDomain: string): boolean {
  return isWithin(host, regionDomain) && !host.slice(0, -regionDomain.length - 1).includes('.');
}

/** The whole address of a managed URL. */
export function urlAddress(host: string, path: string, { httpsPort }: EdgePorts): string {
  return `https://${host}${httpsPort === 443 ? '' : `:${httpsPort}`}${path}`;
}

/** A target of the form `host[:port][/path]`, in its parts. The path is empty rather than `/`. */
export function partsOf(
  url: string,
  httpOnly: boolean,
): { readonly authority: string; readonly name: string; readonly port: number; readonly path: string } {
  const slash = url.indexOf('/');
  const authority = slash === -1 ? url : url.slice(0, slash);
  const [name = '', port] = authority.split(':');
  const path = slash === -1 ? '' : url.slice(slash).replace(/\/+$/, '');
  return { authority, name, port: port === undefined ? (httpOnly ? 80 : 443) : Number(port), path };
}
