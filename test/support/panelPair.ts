import { Emitter } from '../../src/base/emitter.ts';
import type { PanelContract, PanelTransport } from '../../src/protocol/panel.ts';
import { PanelCaller } from '../../src/protocol/panelCaller.ts';
import { PanelServer, type PanelHandlers } from '../../src/protocol/panelServer.ts';

/** A page and its host in one process. What is sent goes through JSON, as between the editor's processes. */
export class PanelPair<C extends PanelContract> {
  readonly page: PanelCaller<C>;
  readonly host: PanelServer<C>;
  /** What either end took for a defect. */
  readonly defects: string[] = [];
  /** Everything that the host said, oldest first. */
  readonly saidToPage: unknown[] = [];
  readonly #toHost: Emitter<unknown>;
  readonly #toPage: Emitter<unknown>;
  readonly #contract: C;
  #last = 0;

  constructor(contract: C, handlers: PanelHandlers<C>) {
    const onDefect = (error: unknown): void => {
      this.defects.push(error instanceof Error ? error.message : String(error));
    };
    this.#contract = contract;
    this.#toHost = new Emitter(onDefect);
    this.#toPage = new Emitter(onDefect);
    this.#toPage.event((message) => this.saidToPage.push(message));
    this.host = new PanelServer(contract, handlers, this.#end(this.#toPage, this.#toHost), onDefect);
    this.page = this.newPage();
  }

  /** Another page of the same panel, as after it was hidden and shown. */
  newPage(): PanelCaller<C> {
    return new PanelCaller(this.#contract, {
      transport: this.#end(this.#toHost, this.#toPage),
      newId: () => String((this.#last += 1)),
      onDefect: (error) => this.defects.push(error instanceof Error ? error.message : String(error)),
    });
  }

  /** Says something to the host that no page of ours would say. */
  sayToHost(message: unknown): void {
    this.#toHost.fire(message);
  }

  sayToPage(message: unknown): void {
    this.#toPage.fire(message);
  }

  #end(out: Emitter<unknown>, into: Emitter<unknown>): PanelTransport {
    return {
      send: (message) => out.fire(JSON.parse(JSON.stringify(message))),
      onMessage: into.event,
    };
  }
}
