/** Begins every line of the in-host suite: the workbench writes to the same console. */
export const marker = 'in-host | ';
