import { html, nothing, type TemplateResult } from 'lit-html';
import { check, choice, textField } from '../controls.ts';
import { httpPorts, type ProbeDraft } from './draft.ts';
import type { FieldsView } from './view.ts';

const kinds = {
  startup: {
    label: 'Startup probe',
    hint: 'An instance takes traffic only after this address has answered 200.',
  },
  liveness: {
    label: 'Liveness probe',
    hint: 'An instance that stops answering 200 here is restarted.',
  },
} as const;

export function probes(view: FieldsView): TemplateResult {
  return html`<section aria-labelledby="probes-heading">
    <h3 id="probes-heading" tabindex="-1">Probes</h3>
    ${probe(view, 'startup')} ${probe(view, 'liveness')}
  </section>`;
}

function probe({ draft, problems, actions }: FieldsView, kind: keyof typeof kinds): TemplateResult {
  const { on, port, path } = draft[kind];
  const { label, hint } = kinds[kind];
  const known = httpPorts(draft);
  const change = (changes: Partial<ProbeDraft>, ...fields: string[]): void =>
    actions.edit((now) => ({ [kind]: { ...now[kind], ...changes } }), ...fields);
  const options = [
    ...(known.includes(port)
      ? []
      : [{ value: port, label: port === '' ? 'Choose a port' : `${port} (not in the list of ports)` }]),
    ...known.map((value) => ({ value, label: value })),
  ];
  const fields = html`<div class="row probe">
    ${choice({
      id: `${kind}-port`,
      label: 'Port',
      value: port,
      options,
      problem: problems.get(`${kind}-port`),
      onChange: (value) => change({ port: value }, `${kind}-port`),
    })}
    ${textField({
      id: `${kind}-path`,
      label: 'Path',
      value: path,
      placeholder: '/healthz',
      problem: problems.get(`${kind}-path`),
      onInput: (value) => change({ path: value }, `${kind}-path`),
    })}
  </div>`;
  return html`<div role="group" aria-label=${label}>
    ${check({
      id: kind,
      label,
      checked: on,
      hint,
      // With one port there is nothing to choose.
      onChange: (checked) => change({ on: checked, ...(port === '' ? { port: known[0] ?? '' } : {}) }),
    })}
    ${on ? fields : nothing}
  </div>`;
}
