const mostLines = 60;
const longestLine = 2000;

/** The last lines that a step has printed, bounded in number and length. */
export class OutputTail {
  #lines: string[] = [];
  #open = '';

  add(text: string): void {
    const parts = (this.#open + text).split('\n');
    this.#open = (parts.pop() ?? '').slice(-longestLine);
    for (const line of parts) this.#lines.push(lastFrame(line).slice(0, longestLine));
    this.#lines = this.#lines.slice(-mostLines);
  }

  lines(): string[] {
    const open = lastFrame(this.#open);
    return [...this.#lines, ...(open === '' ? [] : [open])].slice(-mostLines);
  }
}

/** A progress bar rewrites its line: what stands there in the end counts. */
function lastFrame(line: string): string {
  const plain = line.replace(/\r+$/, '');
  return plain.slice(plain.lastIndexOf('\r') + 1);
}
