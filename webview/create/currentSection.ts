import { sections, type Section } from '../shared/fields/problems.ts';

/** How far down the page a section has to begin to be the one that is read, as a share of its height. */
const readAt = 0.35;

/** Where a section stands: its edges from the top of what is seen, in pixels. */
export interface Standing {
  readonly section: Section;
  readonly top: number;
  readonly bottom: number;
}

/**
 * The section that a person is at: the one that has the focus, while anything of it is seen; otherwise the last one
 * that begins in the upper part of what is seen, and at the end of the page the last one.
 */
export function sectionAt(
  standing: readonly Standing[],
  focused: Section | undefined,
  height: number,
): Section {
  const withFocus = standing.find(({ section }) => section === focused);
  if (withFocus !== undefined && withFocus.bottom > 0 && withFocus.top < height) return withFocus.section;
  const last = standing.at(-1);
  const scrolled = (standing[0]?.top ?? 0) < 0;
  if (last !== undefined && scrolled && last.bottom <= height) return last.section;
  const begun = standing.filter(({ top }) => top <= height * readAt);
  return begun.at(-1)?.section ?? sections[0];
}

/** The same, of the page as it is. */
export function currentSection(): Section {
  const parts = sections.flatMap((section) => {
    const heading = document.getElementById(`${section}-heading`);
    const part = heading?.closest('section');
    return part === null || part === undefined ? [] : [{ section, part }];
  });
  const focused = parts.find(({ part }) => part.contains(document.activeElement))?.section;
  const standing = parts.map(({ section, part }) => {
    const { top, bottom } = part.getBoundingClientRect();
    return { section, top, bottom };
  });
  return sectionAt(standing, focused, window.innerHeight);
}
