import type { QuickPickItem, Uri } from 'vscode';
import { back, type InputQuestion, type PickQuestion, type Prompts } from '../../../src/extension/prompts.ts';

/** The person gives up. */
export const escape = Symbol('escape');

export interface Script {
  /** Label of the button to press; undefined dismisses. */
  readonly message?: (text: string, buttons: readonly string[]) => string | undefined;
  readonly confirm?: (text: string, detail: string) => boolean;
  /** Undefined: the first entry that can be chosen. */
  readonly pick?: (
    items: readonly QuickPickItem[],
    question: PickQuestion,
  ) => QuickPickItem | typeof back | typeof escape | undefined;
  /** Undefined: those that are ticked already. */
  readonly pickMany?: (items: readonly QuickPickItem[]) => readonly QuickPickItem[] | typeof escape;
  /** Undefined: what is suggested. */
  readonly input?: (question: InputQuestion) => string | typeof back | typeof escape | undefined;
  /** Undefined: the person gives up. */
  readonly files?: () => readonly Uri[];
  /** Undefined: the person gives up. */
  readonly saveAs?: (place: Uri) => Uri | undefined;
  /** Told every line of a progress, with what cancels it. */
  readonly progress?: (message: string, cancel: () => void) => void;
}

/** Answers in a person's place, as a script says, and keeps what was asked and said. */
export class ScriptedPrompts implements Prompts {
  readonly said: { severity: string; text: string; buttons: readonly string[] }[] = [];
  readonly asked: string[] = [];
  readonly refused: string[] = [];
  readonly progressed: string[] = [];
  readonly opened: string[] = [];
  readonly #script: Script;

  constructor(script: Script = {}) {
    this.#script = script;
  }

  async message(
    severity: 'information' | 'warning' | 'error',
    text: string,
    buttons: readonly string[],
  ): Promise<string | undefined> {
    this.said.push({ severity, text, buttons });
    return this.#script.message?.(text, buttons);
  }

  async confirm(text: string, detail: string): Promise<boolean> {
    this.asked.push(text);
    return this.#script.confirm?.(text, detail) ?? false;
  }

  async pick<T extends QuickPickItem>(
    items: readonly T[],
    question: PickQuestion,
  ): Promise<T | typeof back | undefined> {
    this.asked.push(question.title);
    const answer = this.#script.pick?.(items, question) ?? items[0];
    return answer === escape ? undefined : (answer as T | typeof back | undefined);
  }

  async pickMany<T extends QuickPickItem>(
    items: readonly T[],
    question: PickQuestion,
  ): Promise<readonly T[] | undefined> {
    this.asked.push(question.title);
    const answer = this.#script.pickMany?.(items) ?? items.filter(({ picked }) => picked);
    return answer === escape ? undefined : (answer as readonly T[]);
  }

  /** A value that the box would refuse is noted, and the box is left. */
  async input(question: InputQuestion): Promise<string | typeof back | undefined> {
    this.asked.push(question.title);
    const answer = this.#script.input?.(question) ?? question.value;
    if (answer === escape) return undefined;
    if (answer === back) return back;
    question.onType?.(answer);
    const value = question.password === true ? answer : answer.trim();
    const problem =
      (await question.check(answer)) ?? (await question.accept?.(value, new AbortController().signal));
    if (problem === undefined) return value;
    this.refused.push(problem);
    return undefined;
  }

  async files(title: string): Promise<readonly Uri[] | undefined> {
    this.asked.push(title);
    return this.#script.files?.();
  }

  async saveAs(title: string, place: Uri): Promise<Uri | undefined> {
    this.asked.push(title);
    return this.#script.saveAs?.(place);
  }

  async open(url: string): Promise<void> {
    this.opened.push(url);
  }

  async busy<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  async progress<T>(
    title: string,
    work: (
      report: (update: { message: string; increment?: number }) => void,
      signal: AbortSignal,
    ) => Promise<T>,
  ): Promise<T> {
    const controller = new AbortController();
    return work(({ message }) => {
      this.progressed.push(`${title}: ${message}`);
      this.#script.progress?.(message, () => controller.abort());
    }, controller.signal);
  }
}
