import type { FrameLocator, Locator, Page } from 'playwright-core';

/** What is in the panel that is shown, by what a person sees of it: a webview's content is two frames deep. */
export class Panel {
  readonly page: Page;
  readonly frame: FrameLocator;

  constructor(page: Page) {
    this.page = page;
    this.frame = page.frameLocator('iframe.webview').frameLocator('#active-frame');
  }

  control(id: string): Locator {
    return this.frame.locator(`#${id}`);
  }

  /** The input of a field, behind the shadow root of its element. */
  input(id: string): Locator {
    return this.control(id).locator('input, textarea');
  }

  async fill(id: string, text: string): Promise<void> {
    await this.input(id).fill(text);
  }

  async choose(id: string, label: string): Promise<void> {
    await this.control(id).click();
    await this.control(id).getByRole('option', { name: label }).click();
  }

  value(id: string): Promise<string> {
    return this.input(id).inputValue();
  }

  async press(name: string | RegExp): Promise<void> {
    await this.frame.getByRole('button', { name, exact: typeof name === 'string' }).click();
  }

  async tab(name: string): Promise<void> {
    await this.frame.getByRole('tab', { name }).click();
  }
}
