import {
  env,
  ProgressLocation,
  QuickInputButtons,
  ThemeIcon,
  Uri,
  window,
  type CancellationToken,
  type Disposable,
  type QuickPickItem,
} from 'vscode';

import { describeError } from '../base/log.ts';
import { deploymentsView } from './ids.ts';

/** The person went a step back. */
export const back = Symbol.for('patr.back');

/** Every question that is put to a person, so that tests can answer in their place. */
export interface Prompts {
  message(
    severity: 'information' | 'warning' | 'error',
    text: string,
    buttons: readonly string[],
  ): Promise<string | undefined>;
  /** Modal, for what cannot be undone. */
  confirm(text: string, detail: string, button: string): Promise<boolean>;
  pick<T extends QuickPickItem>(
    items: readonly T[],
    question: PickQuestion,
  ): Promise<T | typeof back | undefined>;
  /** Any number of them, those that are `picked` ticked at first. Undefined: given up. */
  pickMany<T extends QuickPickItem>(
    items: readonly T[],
    question: PickQuestion,
  ): Promise<readonly T[] | undefined>;
  input(question: InputQuestion): Promise<string | typeof back | undefined>;
  /** Files of the machine. Undefined: given up. */
  files(title: string, button: string): Promise<readonly Uri[] | undefined>;
  /** Where to save to, beginning with this. Undefined: given up. */
  saveAs(title: string, place: Uri): Promise<Uri | undefined>;
  /** Opens an address in the browser. Of one that it does not know the editor asks first whether it is trusted. */
  open(url: string): Promise<void>;
  /** Shows above the view that something is under way, for what is short. */
  busy<T>(work: () => Promise<T>): Promise<T>;
  /** Runs work with a notification that shows its progress and can cancel it. */
  progress<T>(title: string, work: (report: ProgressReport, signal: AbortSignal) => Promise<T>): Promise<T>;
}

export interface Place {
  readonly step: number;
  readonly of: number;
}

export interface PickQuestion {
  readonly title: string;
  readonly placeholder: string;
  readonly place?: Place;
}

export interface InputQuestion extends PickQuestion {
  readonly value: string;
  /** What is typed is not shown, and taken with the blanks at its ends. */
  readonly password?: true;
  /** What is wrong with a value, as a sentence; undefined when it is fine. */
  readonly check: (value: string) => Promise<string | undefined> | string | undefined;
  /** Told every value on the way. */
  readonly onType?: (value: string) => void;
  /**
   * What is wrong with a value that only others know, asked once when it is entered; it stays where it was typed, also
   * when asking fails. The signal fires when the box is left.
   */
  readonly accept?: (value: string, signal: AbortSignal) => Promise<string | undefined>;
  /** A button at the box. */
  readonly button?: { readonly icon: string; readonly tooltip: string; readonly run: () => unknown };
}

export type ProgressReport = (update: { message: string; increment?: number }) => void;

export const editorPrompts: Prompts = {
  async message(severity, text, buttons) {
    const show = {
      information: window.showInformationMessage,
      warning: window.showWarningMessage,
      error: window.showErrorMessage,
    }[severity];
    return show(text, ...buttons);
  },

  async confirm(text, detail, button) {
    return (await window.showWarningMessage(text, { modal: true, detail }, button)) === button;
  },

  pick: (items, question) =>
    ask<(typeof items)[number]>((resolve, held) => {
      const picker = window.createQuickPick<(typeof items)[number]>();
      held.push(picker);
      picker.title = question.title;
      picker.placeholder = question.placeholder;
      picker.items = items;
      picker.ignoreFocusOut = true;
      place(picker, question.place);
      const [first] = items;
      if (first !== undefined) picker.activeItems = [first];
      held.push(
        picker.onDidTriggerButton(() => resolve(back)),
        picker.onDidAccept(() => resolve(picker.selectedItems[0] ?? picker.activeItems[0])),
        picker.onDidHide(() => resolve(undefined)),
      );
      picker.show();
    }),

  async pickMany(items, { title, placeholder }) {
    const options = { canPickMany: true, title, placeHolder: placeholder, ignoreFocusOut: true } as const;
    return window.showQuickPick(items, options);
  },

  input: (question) =>
    ask<string>((resolve, held) => {
      const box = window.createInputBox();
      held.push(box);
      box.title = question.title;
      box.prompt = question.placeholder;
      box.value = question.value;
      box.password = question.password ?? false;
      box.ignoreFocusOut = true;
      place(box, question.place);
      const { accept, button } = question;
      const left = new AbortController();
      held.push({ dispose: () => left.abort() });
      if (button !== undefined) {
        const shown = { iconPath: new ThemeIcon(button.icon), tooltip: button.tooltip };
        box.buttons = [...box.buttons, shown];
      }
      let latest = 0;
      const check = async (): Promise<boolean> => {
        const mine = (latest += 1);
        const problem = await question.check(box.value);
        if (mine === latest) box.validationMessage = problem ?? '';
        return problem === undefined;
      };
      held.push(
        box.onDidTriggerButton((pressed) =>
          pressed === QuickInputButtons.Back ? resolve(back) : button?.run(),
        ),
        box.onDidChangeValue((value) => {
          question.onType?.(value);
          void check();
        }),
        box.onDidAccept(async () => {
          if (!(await check())) return;
          const { value: typed } = box;
          const value = question.password === true ? typed : typed.trim();
          if (accept === undefined) return resolve(value);
          if (box.busy) return;
          box.busy = true;
          const problem = await accept(value, left.signal).catch(describeError);
          box.busy = false;
          // What was typed meanwhile is another value.
          if (box.value !== typed) return;
          box.validationMessage = problem ?? '';
          if (problem === undefined) resolve(value);
        }),
        box.onDidHide(() => resolve(undefined)),
      );
      box.show();
    }),

  async files(title, button) {
    return window.showOpenDialog({ title, openLabel: button, canSelectMany: true });
  },

  async saveAs(title, place) {
    return window.showSaveDialog({ title, defaultUri: place });
  },

  async open(url) {
    await env.openExternal(Uri.parse(url));
  },

  async busy(work) {
    return window.withProgress({ location: { viewId: deploymentsView } }, work);
  },

  async progress(title, work) {
    const options = { location: ProgressLocation.Notification, title, cancellable: true };
    return window.withProgress(options, (progress, token) =>
      work((update) => progress.report(update), signalOf(token)),
    );
  },
};

/** The one bridge from the editor's tokens to signals. */
export function signalOf(token: CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}

function place(
  input: {
    step: number | undefined;
    totalSteps: number | undefined;
    buttons: readonly { iconPath: unknown }[];
  },
  where: Place | undefined,
): void {
  input.step = where?.step;
  input.totalSteps = where?.of;
  if (where !== undefined && where.step > 1) input.buttons = [QuickInputButtons.Back];
}

/** One question: whatever it opened is closed when it is answered. */
async function ask<T>(
  open: (resolve: (answer: T | typeof back | undefined) => void, held: Disposable[]) => void,
): Promise<T | typeof back | undefined> {
  const held: Disposable[] = [];
  try {
    return await new Promise((resolve) => open(resolve, held));
  } finally {
    for (const one of held.toReversed()) one.dispose();
  }
}

/** Prompts that may be exchanged after everybody has got hold of them. */
export function switchable(current: () => Prompts): Prompts {
  return {
    message: (...args) => current().message(...args),
    confirm: (...args) => current().confirm(...args),
    pick: (...args) => current().pick(...args),
    pickMany: (...args) => current().pickMany(...args),
    input: (...args) => current().input(...args),
    busy: (...args) => current().busy(...args),
    files: (...args) => current().files(...args),
    saveAs: (...args) => current().saveAs(...args),
    open: (...args) => current().open(...args),
    progress: (...args) => current().progress(...args),
  };
}
