import type { Locator, Page } from 'playwright-core';

/** The parts of the workbench that tests look at and click on, by what a person sees of them. */
export class Workbench {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** A row of a tree, by the beginning of what is read out of it. */
  row(name: string | RegExp): Locator {
    return this.page.getByRole('treeitem', { name }).first();
  }

  /** Unfolds a row of a tree, unless it is unfolded already. */
  async unfold(row: Locator): Promise<void> {
    await row.waitFor();
    if ((await row.getAttribute('aria-expanded')) === 'false') await row.click();
  }

  get contextMenu(): Locator {
    return this.page.locator('.context-view .monaco-menu');
  }

  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget');
  }

  get quickInputTitle(): Locator {
    return this.quickInput.locator('.quick-input-title');
  }

  notification(text: string | RegExp): Locator {
    // One that has faded in: on the way there it is half in the picture, and moves away from the pointer.
    return this.page.locator('.notification-toast.notification-fade-in-done .notification-list-item', {
      hasText: text,
    });
  }

  get statusBar(): Locator {
    return this.page.locator('.statusbar');
  }

  /** Runs a command by its title, as a person does. */
  async run(title: string): Promise<void> {
    await this.page.keyboard.press('F1');
    await this.quickInput.locator('input').waitFor();
    await this.quickInput.locator('input').fill(`>${title}`);
    await this.quickInput.locator('.monaco-list-row').filter({ hasText: title }).first().waitFor();
    await this.page.keyboard.press('Enter');
  }

  /**
   * Loads the window anew, as the editor does it: it stores what is open first. A browser that loads the page anew by
   * itself gets what was stored in the last minute, whatever was opened since.
   */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('load');
    await this.run('Developer: Reload Window');
    await loaded;
    await this.statusBar.waitFor({ timeout: 60_000 });
  }

  /** Opens the menu of something, and returns the labels in it once it is there. */
  async menuOf(target: Locator): Promise<string[]> {
    await target.click({ button: 'right' });
    await this.contextMenu.waitFor();
    return this.contextMenu.locator('.action-label').allInnerTexts();
  }

  /** By Enter: right after it opened a menu ignores the pointer's buttons, lest the click that opened it picks. */
  async choose(label: string): Promise<void> {
    await this.contextMenu.getByText(label, { exact: true }).hover();
    await this.page.keyboard.press('Enter');
    await this.contextMenu.waitFor({ state: 'hidden' });
  }

  async closeNotifications(): Promise<void> {
    await this.run('Notifications: Clear All Notifications');
  }
}
