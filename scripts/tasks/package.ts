import { packVsix } from '../build/vsix.ts';

const { path, bytes, files } = await packVsix();
process.stdout.write(`${path} (${(bytes / 1000).toFixed(0)} kB, ${files.length} files)\n`);
