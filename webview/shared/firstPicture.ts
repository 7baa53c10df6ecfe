/** Resolves when what was drawn so far is a picture; at once where nobody sees the page. */
export function firstPicture(): Promise<void> {
  if (document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    // The next frame has it, and the task after that comes when the frame is done.
    requestAnimationFrame(() => void setTimeout(resolve));
  });
}
