import { html, nothing, type TemplateResult } from 'lit-html';
import { button, choice, textField } from '../../shared/controls.ts';
import { registries, type RegistryChoice } from '../../shared/fields/draft.ts';
import { choicesOf, optionsOf } from '../../shared/fields/view.ts';
import type { View } from '../view.ts';

/** Value of the entry in the list of repositories that makes a new one. */
const make = 'new';
/** So many tags are suggested. */
const mostTags = 12;

export function detailsSection(view: View): TemplateResult {
  const { draft, problems, actions } = view;
  return html`
    ${textField({
      id: 'name',
      label: 'Name',
      value: draft.name,
      hint: 'Deployments are known by it, and it becomes part of the address.',
      problem: problems.get('name'),
      onInput: (name) => actions.change({ name }, 'name'),
    })}
    ${choice<RegistryChoice>({
      id: 'registry',
      label: 'Image from',
      value: draft.registry,
      options: registryOptions(view),
      hint: registryHint(view),
      onChange: (registry) => actions.change({ registry }, 'registry'),
    })}
    ${image(view)} ${tag(view)} ${region(view)}
  `;
}

function registryOptions(view: View) {
  const { subject } = view;
  const labels: Readonly<Record<RegistryChoice, string>> = {
    build: subject.kind === 'dockerfile' ? `${subject.label} of this workspace` : '',
    copy: subject.kind === 'copy' ? `${subject.name}, copied as it is` : '',
    patr: "Patr's registry",
    dockerHub: 'Docker Hub',
    other: 'Another registry',
  };
  return (
    registries
      .filter((value) => value !== 'build' || subject.kind === 'dockerfile')
      .filter((value) => value !== 'copy' || subject.kind === 'copy')
      // Not offered by every server; what is chosen already is said to be missing in its own field.
      .filter(
        (value) =>
          (value !== 'patr' && value !== 'copy') || !lacksRegistry(view) || view.draft.registry === value,
      )
      .map((value) => ({ value, label: labels[value] }))
  );
}

/** Known only once the server has answered. */
function lacksRegistry(view: View): boolean {
  const choices = choicesOf(view);
  return choices !== undefined && choices.repositories === undefined;
}

function registryHint(view: View): string {
  const { registry } = view.draft;
  const lacks = lacksRegistry(view) ? ' This server has no registry of its own.' : '';
  switch (registry) {
    case 'copy':
      return 'Its image is copied into the registry first, with all its platforms; a push there updates the deployment.';
    case 'build':
      if (lacks !== '')
        return 'This server has no registry to push to. Push the image to one of your own, and choose that here.';
      return 'It is built and pushed first; pushing again updates the deployment.';
    case 'patr':
      return 'Private, and a push updates the deployment.';
    case 'dockerHub':
    case 'other':
      return `Public images only. A push there does not update the deployment.${lacks}`;
  }
}

function image(view: View): TemplateResult | typeof nothing {
  const { draft, problems, actions } = view;
  if (draft.registry === 'build' || draft.registry === 'copy') return nothing;
  if (draft.registry === 'patr') return repository(view);
  const host = textField({
    id: 'host',
    label: 'Registry',
    value: draft.host,
    placeholder: 'ghcr.io',
    problem: problems.get('host'),
    onInput: (value) => actions.change({ host: value }, 'host'),
  });
  return html`${draft.registry === 'other' ? host : nothing}
  ${textField({
    id: 'image',
    label: 'Image',
    value: draft.imageName,
    placeholder: draft.registry === 'dockerHub' ? 'nginx' : 'team/app',
    hint: 'Its path in the registry, without the tag.',
    problem: problems.get('image'),
    onInput: (imageName) => actions.change({ imageName }, 'image'),
  })}`;
}

function repository(view: View): TemplateResult {
  const { draft, problems, actions, asides } = view;
  const aside = asides.get('new-repository');
  const known = choicesOf(view)?.repositories ?? [];
  const chosen = aside === undefined ? draft.repositoryId : make;
  return html`${choice({
    id: 'repository',
    label: 'Repository',
    value: chosen,
    options: [
      ...(aside === undefined
        ? optionsOf(known, chosen, 'Choose a repository')
        : optionsOf(known, '', 'Choose a repository')),
      { value: make, label: 'Create a new repository…' },
    ],
    problem: aside === undefined ? problems.get('repository') : undefined,
    onChange: (repositoryId) => {
      actions.aside('new-repository', repositoryId === make ? '' : undefined);
      if (repositoryId !== make) actions.change({ repositoryId }, 'repository');
    },
  })}
  ${aside === undefined ? nothing : newRepository(view, aside.text, aside)}`;
}

function newRepository(
  { actions }: View,
  text: string,
  aside: { readonly kind: string; readonly problem?: string },
): TemplateResult {
  const busy = aside.kind === 'busy';
  return html`<div class="aside">
    ${textField({
      id: 'new-repository',
      label: 'Name of the new repository',
      value: text,
      placeholder: 'shop/api',
      disabled: busy,
      problem: aside.problem,
      onInput: (value) => actions.aside('new-repository', value),
    })}
    <div class="buttons">
      ${button({
        id: 'create-repository',
        label: busy ? 'Creating…' : 'Create repository',
        disabled: busy || text.trim() === '',
        onClick: () => actions.createRepository(text.trim()),
      })}
      ${button({ label: 'Cancel', disabled: busy, onClick: () => actions.aside('new-repository', undefined) })}
    </div>
  </div>`;
}

function tag(view: View): TemplateResult {
  const { draft, problems, actions, tags } = view;
  const suggested = draft.registry === 'patr' ? tags.slice(0, mostTags) : [];
  return html`${textField({
    id: 'tag',
    label: 'Tag',
    value: draft.tag,
    hint: 'It stays the same for the life of the deployment.',
    problem: problems.get('tag'),
    onInput: (value) => actions.change({ tag: value }, 'tag'),
  })}
  ${
    suggested.length === 0
      ? nothing
      : html`<div class="suggestions" role="group" aria-label="Tags in the repository">
          <span>In the repository:</span>
          ${suggested.map((one) =>
            button({
              label: one,
              says: `Use the tag ${one}`,
              onClick: () => actions.change({ tag: one }, 'tag'),
            }),
          )}
        </div>`
  }`;
}

function region(view: View): TemplateResult {
  const { draft, problems, actions } = view;
  const regions = choicesOf(view)?.regions ?? [];
  const chosen = regions.find(({ id }) => id === draft.region);
  return choice({
    id: 'region',
    label: 'Region',
    value: draft.region,
    options: optionsOf(regions, draft.region, 'Choose a region'),
    hint:
      chosen?.message ??
      (chosen?.pricing.kind === 'free' ? `It runs on ${chosen.pricing.words}.` : undefined),
    problem: problems.get('region'),
    onChange: (value) => actions.change({ region: value }, 'region'),
  });
}
