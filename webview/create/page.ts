import { html, nothing, type TemplateResult } from 'lit-html';
import { button } from '../shared/controls.ts';
import type { RegistryChoice } from '../shared/fields/draft.ts';
import { sectionOf, sections, type Section } from '../shared/fields/problems.ts';
import { detailsSection } from './sections/details.ts';
import { copyNotes } from './sections/copyNotes.ts';
import { reviewSection } from './sections/review.ts';
import { runningSection } from './sections/running.ts';
import { scalingSection } from './sections/scaling.ts';
import { costOf } from '../shared/fields/scaling.ts';
import type { View } from './view.ts';

const titles: Readonly<Record<Section, string>> = {
  details: 'Details',
  running: 'Running',
  scaling: 'Scaling',
  review: 'Review',
};

const bodies: Readonly<Record<Section, (view: View) => TemplateResult>> = {
  details: detailsSection,
  running: runningSection,
  scaling: scalingSection,
  review: reviewSection,
};

/** The whole page. Until it is known what the form arrives with, nothing can be typed that would be overwritten. */
export function page(view: View): TemplateResult {
  return html`<header>
      <h1>${heading(view)}</h1>
      ${banner(view)} ${copyNotes(view)}
    </header>
    <div class="columns">
      ${rail(view)}
      <div class="form" ?inert=${!view.begun || !view.whole}>
        ${sections.map(
          (section) =>
            html`<section class="part" aria-labelledby=${`${section}-heading`}>
              <h2 id=${`${section}-heading`} tabindex="-1">${titles[section]}</h2>
              ${view.whole || section === 'details' ? bodies[section](view) : nothing}
            </section>`,
        )}
      </div>
    </div>
    ${footer(view)}`;
}

function heading({ subject }: View): string {
  switch (subject.kind) {
    case 'new':
      return 'Create deployment';
    case 'duplicate':
      return `Duplicate ${subject.name}`;
    case 'copy':
      return `Copy ${subject.name}`;
    case 'dockerfile':
      return `Deploy ${subject.label}`;
  }
}

/** There is no server to ask: everything can be typed, and nothing is lost until it is back. */
function banner({ server, actions }: View): TemplateResult | typeof nothing {
  if (server?.kind !== 'away') return nothing;
  return html`<div class="note warning" role="status" id="away">
    <p>${server.message} What you type stays here.</p>
    <div class="buttons">
      ${
        server.helps === undefined
          ? button({ id: 'look-again', label: 'Look again', onClick: () => actions.look() })
          : button({ id: 'help', label: server.helps, onClick: () => actions.help() })
      }
    </div>
  </div>`;
}

function rail({ problems, current, actions }: View): TemplateResult {
  return html`<nav class="rail" aria-label="Sections">
    <ol>
      ${sections.map((section) => {
        const count = Array.from(problems.keys()).filter((field) => sectionOf(field) === section).length;
        const says = count === 1 ? '1 problem' : `${count} problems`;
        return html`<li>
          <button
            type="button"
            aria-current=${section === current ? 'location' : nothing}
            @click=${() => actions.goTo(section)}
          >
            ${titles[section]}
            ${count === 0 ? nothing : html`<span class="count" aria-label=${says} role="img">${count}</span>`}
          </button>
        </li>`;
      })}
    </ol>
  </nav>`;
}

const labels: Readonly<Record<RegistryChoice, string>> = {
  build: 'Build and create',
  copy: 'Copy and create',
  patr: 'Create',
  dockerHub: 'Create',
  other: 'Create',
};

function footer(view: View): TemplateResult {
  const { draft, submission, actions, begun } = view;
  const running = submission.kind === 'running';
  const label = labels[draft.registry];
  return html`<footer>
    <p><span class="lead">Estimated cost</span> <span class="cost">${costOf(view)}</span></p>
    ${running ? html`<vscode-progress-ring aria-label="Working"></vscode-progress-ring>` : nothing}
    ${button({
      id: 'create',
      label,
      look: 'primary',
      disabled: running || !begun,
      onClick: () => actions.submit(),
    })}
  </footer>`;
}
