import { nothing } from 'lit-html';
import { directive, Directive, PartType, type ElementPart, type PartInfo } from 'lit-html/directive.js';

/** An element of the toolkit that holds its input behind a shadow root. */
interface Holder extends HTMLElement {
  readonly control?: HTMLElement;
}

class Describe extends Directive {
  #ids = '';

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error('Only elements can be described.');
  }

  render(_ids: readonly string[]): typeof nothing {
    return nothing;
  }

  override update(part: ElementPart, [ids]: [readonly string[]]): typeof nothing {
    const wanted = ids.join(' ');
    if (wanted === this.#ids) return nothing;
    this.#ids = wanted;
    // The described and what describes it are both in the document only when this rendering is done.
    queueMicrotask(() => describeNow(part.element as Holder, ids));
    return nothing;
  }
}

function describeNow(element: Holder, ids: readonly string[]): void {
  const elements = ids.map((id) => document.getElementById(id)).filter((one) => one !== null);
  // An id means nothing inside a shadow root, so the input is told the elements themselves.
  (element.control ?? element).ariaDescribedByElements = elements;
}

/** `<vscode-text-field ${describedBy('hint-1', 'problem-1')}>`: what is read out after the name of a field. */
const describe = directive(Describe);
export const describedBy = (...ids: readonly string[]) => describe(ids);
