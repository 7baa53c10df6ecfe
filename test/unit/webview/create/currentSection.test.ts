import assert from 'node:assert/strict';
import { sectionAt } from '../../../../webview/create/currentSection.ts';
import { sections, type Section } from '../../../../webview/shared/fields/problems.ts';

/** Four sections of 600 pixels, scrolled down by so many. */
const standing = (scrolled: number) =>
  sections.map((section, index) => ({
    section,
    top: index * 600 - scrolled,
    bottom: (index + 1) * 600 - scrolled,
  }));
const at = (scrolled: number, focused?: Section): Section => sectionAt(standing(scrolled), focused, 800);

describe('where a person is on the form', () => {
  it('is the last section that begins in the upper part of the page', () => {
    assert.deepEqual(
      [at(0), at(300), at(400), at(1300), at(1600)],
      ['details', 'details', 'running', 'scaling', 'review'],
    );
  });

  it('is the last section at the end of the page, however short it is', () => {
    const end = standing(1600).map((one) =>
      one.section === 'review' ? { ...one, top: 600, bottom: 780 } : one,
    );
    assert.equal(sectionAt(end, undefined, 800), 'review');
  });

  it('is the section with the focus for as long as it is seen', () => {
    assert.equal(at(700, 'details'), 'running');
    assert.equal(at(500, 'details'), 'details');
    assert.equal(at(1600, 'scaling'), 'scaling');
  });
});
