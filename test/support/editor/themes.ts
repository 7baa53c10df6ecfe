/** Kinds of theme: what the setting calls one, and the class that the workbench has in it. */
export const themes = {
  light: { theme: 'Default Light Modern', css: 'vs' },
  dark: { theme: 'Default Dark Modern', css: 'vs-dark' },
  'high-contrast-dark': { theme: 'Default High Contrast', css: 'hc-black' },
  'high-contrast-light': { theme: 'Default High Contrast Light', css: 'hc-light' },
} as const;
