import { nameProblem, nameTaken, portsOf, readDockerfile } from '../../deploy/check.ts';
import type { Choice, Source } from '../../deploy/target.ts';
import { back, type Place, type Prompts } from '../prompts.ts';
import { reviewContext } from './contextReview.ts';
import type { DeployPlace } from './places.ts';
import { suggestedName } from './suggestedName.ts';

/** What the questions are asked about. */
export interface Questions {
  readonly source: Source;
  /** Where it can run, the likeliest first. */
  readonly places: readonly DeployPlace[];
  /** Whether the context has been looked at before. */
  readonly reviewed: boolean;
}

/** Without a region: the first one that there is. */
export type Answers = Omit<Choice, 'regionId'> & { readonly regionId?: string };

/** The answers, and the place that was chosen. `customize`: the rest is filled in on a form. */
export interface Placed {
  readonly place: DeployPlace;
  readonly answers: Answers | 'customize';
}

/**
 * Region, name, port where the Dockerfile tells none, and the context the first time: each step can be taken back.
 * `customize`: the person would rather fill in the form. Undefined when the person gives up.
 */
export async function askForDeployment(questions: Questions, prompts: Prompts): Promise<Placed | undefined> {
  const text = await readDockerfile(questions.source);
  const exposed = typeof text === 'string' ? portsOf(text) : [];
  const steps = [
    'region',
    'name',
    ...(exposed.length === 0 ? ['port'] : []),
    ...(questions.reviewed ? [] : ['context']),
  ];
  let [chosen] = questions.places;
  if (chosen === undefined) throw new Error('There is nowhere to deploy to.');
  let name = suggestedName(questions.source.folder, takenAt(chosen));
  let ports: readonly number[] = exposed;
  let at = 0;
  while (at < steps.length) {
    const place = { step: at + 1, of: steps.length };
    const answer = await ask(steps[at] ?? '', { ...questions, chosen, name, prompts, place });
    if (answer === undefined) return undefined;
    if (answer === back) {
      at = Math.max(0, at - 1);
      continue;
    }
    if (answer.place !== undefined && answer.place !== chosen) {
      chosen = answer.place;
      name = suggestedName(questions.source.folder, takenAt(chosen));
    }
    if (answer.customize === true) return { place: chosen, answers: 'customize' };
    if (answer.name !== undefined) name = answer.name;
    if (answer.port !== undefined) ports = [answer.port];
    at += 1;
  }
  const { regionId } = chosen;
  return { place: chosen, answers: { name, ports, ...(regionId === undefined ? {} : { regionId }) } };
}

function takenAt({ model }: DeployPlace): readonly string[] {
  return model.all().map(({ name }) => name);
}

interface Asking extends Questions {
  readonly chosen: DeployPlace;
  readonly name: string;
  readonly prompts: Prompts;
  readonly place: Place;
}

interface Answer {
  readonly place?: DeployPlace;
  readonly customize?: boolean;
  readonly name?: string;
  readonly port?: number;
}

async function ask(step: string, asking: Asking): Promise<Answer | typeof back | undefined> {
  if (step === 'region') return askRegion(asking);
  if (step === 'name') return askName(asking);
  if (step === 'port') return askPort(asking);
  const answer = await reviewContext(asking.source, asking.prompts, asking.place);
  return answer === 'build' ? {} : answer;
}

async function askRegion({ prompts, place, places }: Asking): Promise<Answer | typeof back | undefined> {
  const items = [
    ...places.map((one) => ({
      label: `$(${one.icon}) ${one.label}`,
      description: one.description,
      detail: one.detail,
      answer: { place: one } as Answer,
    })),
    {
      label: '$(settings-gear) Customize…',
      detail: 'Ports, environment, volumes, probes and scale, in one form.',
      answer: { customize: true } as Answer,
    },
  ];
  const chosen = await prompts.pick(items, {
    title: 'Deploy to Patr',
    placeholder: 'Where shall it run?',
    place,
  });
  return chosen === undefined || chosen === back ? chosen : chosen.answer;
}

async function askName({
  prompts,
  place,
  name,
  chosen: { model },
}: Asking): Promise<Answer | typeof back | undefined> {
  const typed = await prompts.input({
    title: 'Name of the deployment',
    placeholder: 'It becomes part of the address.',
    value: name,
    place,
    check: async (value) => {
      const problem = nameProblem(value);
      const server = model.target();
      if (problem !== undefined || server === undefined) return problem;
      return (await nameTaken(server, value))
        ? `There is already a deployment called ${value.trim()}.`
        : undefined;
    },
  });
  return typed === undefined || typed === back ? typed : { name: typed };
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
