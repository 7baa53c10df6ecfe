import type { Locator } from 'playwright-core';
import { Panel } from './panel.ts';

/** No way through the form is longer. */
const mostTabs = 80;

/** The form in its panel, by what a person sees of it. */
export class CreateForm extends Panel {
  /** Resolves when the form can be filled in. */
  async ready(): Promise<void> {
    await this.frame.locator('.form:not([inert])').waitFor();
  }

  /** What a dropdown shows as chosen. */
  chosen(id: string, label: string): Locator {
    return this.control(id).locator('.selected-value').getByText(label, { exact: true });
  }

  problem(id: string): Locator {
    return this.frame.locator(`#${id}-problem`);
  }

  /** What the review says about something. */
  review(term: string): Locator {
    return this.frame
      .locator('.review > div')
      .filter({ has: this.frame.getByText(term, { exact: true }) })
      .locator('dd');
  }

  /** Id of the element that has the focus; of one behind a shadow root, that of its host. */
  focused(): Promise<string> {
    return this.frame.locator('body').evaluate(() => document.activeElement?.id ?? '');
  }

  async untilFocused(id: string): Promise<void> {
    await this.frame.locator(`#${id}:focus`).waitFor();
  }

  /**
   * Marks all that is in the field with the focus. The editor has Ctrl+A as a command of its own, which marks a second
   * time some moments later, also what was typed by then.
   */
  async markAll(): Promise<void> {
    await this.page.keyboard.press('End');
    await this.page.keyboard.press('Shift+Home');
  }

  /** Presses Tab until a control has the focus, as somebody without a pointer does. */
  async tabTo(id: string): Promise<void> {
    const passed: string[] = [];
    while (passed.length < mostTabs) {
      await this.page.keyboard.press('Tab');
      const at = await this.focused();
      if (at === id) return;
      passed.push(at);
    }
    throw new Error(`${id} cannot be reached with Tab; passed were ${passed.join(', ')}.`);
  }

  async scrollTo(section: string): Promise<void> {
    await this.frame.locator(`#${section}-heading`).evaluate((heading) => heading.scrollIntoView());
  }

  get cost(): Locator {
    return this.frame.locator('footer .cost');
  }
}
