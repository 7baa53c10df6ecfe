import packageJson from '../../package.json' with { type: 'json' };

/** Version of this program: that of the package it was bundled from. */
export const version: string = packageJson.version;
