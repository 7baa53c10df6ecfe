import { parseDockerfile, knownKeywords, type Dockerfile } from './dockerfile.ts';
import { exposedPorts, pinnedPlatform, targetStage } from './dockerfileFacts.ts';
import type { ContextPreview } from './contextPreview.ts';
import type { Finding } from './finding.ts';
import { formatBytes } from '../base/formatBytes.ts';
import { redFlagReasons } from './redFlags.ts';

/** What is known before a build. What is not known is left out, and then not judged. */
export interface PreflightFacts {
  /** Name of the Dockerfile as people know it. */
  readonly dockerfile: string;
  /** Its text, or why there is none. */
  readonly text: string | { readonly missing: true } | { readonly unreadable: string };
  readonly target?: string;
  readonly context?: ContextPreview;
  /** Ports that the deployment shall have. */
  readonly ports?: readonly number[];
  /** Such as `linux/amd64`. */
  readonly regionPlatform?: string;
  /** Platform that the build will be asked for, when one is. */
  readonly buildPlatform?: string;
  /** Room on the disk that holds images. */
  readonly freeBytes?: number;
}

/** A context above this size is slow to send and hardly ever meant. */
const largeContext = 500 * 1024 * 1024;
/** An engine without this much room fails in the middle of ordinary builds. */
const littleRoom = 1024 * 1024 * 1024;

/** Everything that can be told without building anything. Pure. */
export function preflight(facts: PreflightFacts): Finding[] {
  return [...dockerfileFindings(facts), ...roomFindings(facts), ...contextFindings(facts)];
}

function dockerfileFindings(facts: PreflightFacts): Finding[] {
  const { text, dockerfile: name } = facts;
  if (typeof text !== 'string') {
    if ('missing' in text) {
      return [
        stop('dockerfileMissing', `There is no file ${name}. Choose another Dockerfile, or create this one.`),
      ];
    }
    return [
      stop('dockerfileUnreadable', `${name} cannot be read: ${text.unreadable}. Check its permissions.`),
    ];
  }
  const parsed = parseDockerfile(text);
  const problem = invalidity(parsed, facts);
  if (problem !== undefined) return [stop('dockerfileInvalid', problem)];
  return [...portFindings(parsed, facts), ...platformFindings(parsed, facts)];
}

function invalidity(parsed: Dockerfile, { dockerfile: name, target }: PreflightFacts): string | undefined {
  if (parsed.instructions.length === 0) return `${name} is empty. Begin it with FROM and a base image.`;
  // A frontend of its own may have instructions of its own.
  const unknown = parsed.instructions.find((instruction) => !knownKeywords.has(instruction.keyword));
  if (unknown !== undefined && parsed.directives.syntax === undefined) {
    return `${name}, line ${unknown.line}: ${unknown.keyword} is no instruction of a Dockerfile. Correct the line.`;
  }
  const early = parsed.instructions.find((instruction) => instruction.keyword !== 'ARG');
  if (parsed.stages.length === 0) return `${name} has no FROM: it does not say what to build upon. Add one.`;
  if (early !== undefined && early.keyword !== 'FROM' && parsed.directives.syntax === undefined) {
    return `${name}, line ${early.line}: ${early.keyword} stands before the first FROM. Only ARG may.`;
  }
  if (target !== undefined && targetStage(parsed, target) === undefined) {
    return `${name} has no stage named ${target}. Choose one of its stages, or none for the last.`;
  }
  return undefined;
}

function portFindings(parsed: Dockerfile, facts: PreflightFacts): Finding[] {
  const exposed = exposedPorts(parsed, facts.target).map((one) => one.port);
  const wanted = facts.ports ?? [];
  if (exposed.length === 0) {
    if (wanted.length > 0) return [];
    return [
      warn(
        'noExposedPort',
        `${facts.dockerfile} exposes no port, so it cannot be told where the application listens. Add EXPOSE with its port, or name the port when deploying.`,
      ),
    ];
  }
  return wanted
    .filter((port) => !exposed.includes(port))
    .map((port) =>
      warn(
        'portNotExposed',
        `The deployment sends requests to port ${port}, and ${facts.dockerfile} exposes ${exposed.join(', ')}. If the application does not listen on ${port}, it will never be healthy: change the port, or the EXPOSE.`,
      ),
    );
}

function platformFindings(parsed: Dockerfile, facts: PreflightFacts): Finding[] {
  const region = facts.regionPlatform;
  const built = facts.buildPlatform ?? pinnedPlatform(parsed, facts.target);
  if (region === undefined || built === undefined || samePlatform(built, region)) return [];
  return [
    stop(
      'platformDiffers',
      `The image would be built for ${built}, and the region runs ${region}: its instances could not start. Build for ${region}, or remove --platform from the FROM.`,
    ),
  ];
}

/** arm64 is always v8, so the variant says nothing there. */
function samePlatform(left: string, right: string): boolean {
  const plain = (platform: string): string => platform.toLowerCase().replace(/^(linux\/arm64)\/v8$/, '$1');
  return plain(left) === plain(right);
}

function roomFindings({ freeBytes, context }: PreflightFacts): Finding[] {
  if (freeBytes === undefined) return [];
  // The context is held once while it is sent, and at least once more in the image.
  const wanted = (context?.bytes ?? 0) * 2;
  if (freeBytes < wanted) {
    return [
      stop(
        'littleRoom',
        `The engine's disk has ${formatBytes(freeBytes)} left, and building this context takes at least ${formatBytes(wanted)}. Make room with \`docker system prune\`, or leave files out with .dockerignore.`,
      ),
    ];
  }
  if (freeBytes >= littleRoom) return [];
  return [
    warn(
      'littleRoom',
      `The engine's disk has only ${formatBytes(freeBytes)} left; the build may run out of it. Make room with \`docker system prune\`.`,
    ),
  ];
}

function contextFindings({ context }: PreflightFacts): Finding[] {
  if (context === undefined) return [];
  const findings: Finding[] = [];
  const secrets = context.redFlags.filter((flag) => flag.kind !== 'dependencies');
  const first = secrets[0];
  if (first !== undefined) {
    const more = secrets.length === 1 ? '' : ` and ${secrets.length - 1} more`;
    findings.push(
      warn(
        'secretsInContext',
        `${first.path}${more} would be sent to the builder: ${redFlagReasons[first.kind]}. Add ${context.suggestions.join(', ')} to ${context.ignoreFile ?? '.dockerignore'}, unless the build needs them.`,
      ),
    );
  }
  if (context.bytes > largeContext) {
    const biggest = context.biggest[0];
    const example =
      biggest === undefined ? '' : ` The largest is ${biggest.path} (${formatBytes(biggest.bytes)}).`;
    findings.push(
      warn(
        'largeContext',
        `The build sends ${context.files} files, ${formatBytes(context.bytes)}.${example} Leave out what the image does not need with .dockerignore.`,
      ),
    );
  }
  return findings;
}

function stop(code: Finding['code'], message: string): Finding {
  return { severity: 'stop', code, message };
}

function warn(code: Finding['code'], message: string): Finding {
  return { severity: 'warn', code, message };
}
