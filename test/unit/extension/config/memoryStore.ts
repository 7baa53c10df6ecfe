import type { SaveStore } from '../../../../src/extension/config/keptSaves.ts';

/** Files in memory. */
export function memoryStore(): SaveStore & { readonly files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    names: async () => Array.from(files.keys()),
    read: async (name) => files.get(name) ?? new Uint8Array(),
    write: async (name, bytes) => void files.set(name, bytes),
    remove: async (name) => void files.delete(name),
  };
}
