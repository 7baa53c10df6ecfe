import { disposable } from '../../src/base/disposable.ts';
import type { PanelContract } from '../../src/protocol/panel.ts';
import { PanelCaller } from '../../src/protocol/panelCaller.ts';

/** The page's end of its panel. Only what the editor's own frame hands over is heard. */
export function connectToHost<C extends PanelContract>(
  contract: C,
  send: (message: unknown) => void,
): PanelCaller<C> {
  const caller = new PanelCaller(contract, {
    transport: {
      send,
      onMessage(listener) {
        const hear = (event: MessageEvent<unknown>): void => {
          if (event.origin === window.origin) listener(event.data);
        };
        window.addEventListener('message', hear);
        return disposable(() => window.removeEventListener('message', hear));
      },
    },
    newId: () => crypto.randomUUID(),
    onDefect: (error) => reportError(error),
  });
  window.addEventListener('pagehide', () => caller.dispose(), { once: true });
  return caller;
}
