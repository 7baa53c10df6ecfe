import { nameProblem, nameTaken, portsOf, readDockerfile } from '../../deploy/check.ts';
import type { Choice, Source, Target } from '../../deploy/target.ts';
import { back, type Place, type Prompts } from '../prompts.ts';
import { reviewContext } from './contextReview.ts';
import { suggestedName } from './suggestedName.ts';

/** What the questions are asked about. */
export interface Questions {
  readonly source: Source;
  readonly regionLabel: string;
  /** Whether the context has been looked at before. */
  readonly reviewed: boolean;
  /** The server, once there is one: names can only be compared then. */
  readonly target: () => Target | undefined;
  /** Names that are known to be taken, so that none of them is suggested. */
  readonly taken: readonly string[];
}

/** Without a region: the first one that there is. */
export type Answers = Omit<Choice, 'regionId'> & { readonly regionId?: string };

/**
 * Region, name, port where the Dockerfile tells none, and the context the first time: each step can be taken back.
 * `customize`: the person would rather fill in the form. Undefined when the person gives up.
 */
export async function askForDeployment(
  questions: Questions,
  prompts: Prompts,
): Promise<Answers | 'customize' | undefined> {
  const text = await readDockerfile(questions.source);
  const exposed = typeof text === 'string' ? portsOf(text) : [];
  const steps = [
    'region',
    'name',
    ...(exposed.length === 0 ? ['port'] : []),
    ...(questions.reviewed ? [] : ['context']),
  ];
  let name = suggestedName(questions.source.folder, questions.taken);
  let ports: readonly number[] = exposed;
  let at = 0;
  while (at < steps.length) {
    const place = { step: at + 1, of: steps.length };
    const answer = await ask(steps[at] ?? '', { ...questions, name, prompts, place });
    if (answer === undefined || answer === 'customize') return answer;
    if (answer === back) {
      at = Math.max(0, at - 1);
      continue;
    }
    if (answer.name !== undefined) name = answer.name;
    if (answer.port !== undefined) ports = [answer.port];
    at += 1;
  }
  return { name, ports };
}

interface Asking extends Questions {
  readonly name: string;
  readonly prompts: Prompts;
  readonly place: Place;
}

type Answer = { readonly name?: string; readonly port?: number };

async function ask(step: string, asking: Asking): Promise<Answer | typeof back | 'customize' | undefined> {
  if (step === 'region') return askRegion(asking);
  if (step === 'name') return askName(asking);
  if (step === 'port') return askPort(asking);
  const answer = await reviewContext(asking.source, asking.prompts, asking.place);
  return answer === 'build' ? {} : answer;
}

async function askRegion({
  prompts,
  place,
  regionLabel,
}: Asking): Promise<Answer | typeof back | 'customize' | undefined> {
  const items = [
    {
      label: `$(server-environment) ${regionLabel}`,
      description: 'this machine',
      detail: 'Your own Docker engine. Free, and it works offline.',
      customize: false,
    },
    {
      label: '$(settings-gear) Customize…',
      detail: 'Ports, environment, volumes, probes and scale, in one form.',
      customize: true,
    },
  ];
  const chosen = await prompts.pick(items, {
    title: 'Deploy to Patr',
    placeholder: 'Where shall it run?',
    place,
  });
  if (chosen === undefined || chosen === back) return chosen;
  return chosen.customize ? 'customize' : {};
}

async function askName({ prompts, place, name, target }: Asking): Promise<Answer | typeof back | undefined> {
  const chosen = await prompts.input({
    title: 'Name of the deployment',
    placeholder: 'It becomes part of the address.',
    value: name,
    place,
    check: async (value) => {
      const problem = nameProblem(value);
      const server = target();
      if (problem !== undefined || server === undefined) return problem;
      return (await nameTaken(server, value))
        ? `There is already a deployment called ${value.trim()}.`
        : undefined;
    },
  });
  return chosen === undefined || chosen === back ? chosen : { name: chosen };
}

async function askPort({ prompts, place }: Asking): Promise<Answer | typeof back | undefined> {
  const chosen = await prompts.input({
    title: 'Port of the application',
    placeholder: 'The Dockerfile exposes no port. Which one does the application take HTTP requests on?',
    value: '8080',
    place,
    check: (value) => (portOf(value) === undefined ? 'A port is a number from 1 to 65535.' : undefined),
  });
  if (chosen === undefined || chosen === back) return chosen;
  const port = portOf(chosen);
  return port === undefined ? undefined : { port };
}

function portOf(text: string): number | undefined {
  const port = Number(text.trim());
  return /^\d{1,5}$/.test(text.trim()) && port >= 1 && port <= 65_535 ? port : undefined;
}
