/** Something on this machine is not as it has to be. The message tells a person what, why, and what to do. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}
