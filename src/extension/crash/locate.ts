import { posix } from 'node:path';
import { RelativePattern, Uri, workspace } from 'vscode';
import type { Reason } from '../../protocol/shapes/deployment.ts';
import { matchPath } from './matchPath.ts';
import { frameNamed, framesIn, type Frame } from './stackTrace.ts';

/** Where a program of the workspace went wrong. `line` and `column` from 0. */
export interface Place {
  readonly uri: Uri;
  readonly line: number;
  readonly column: number | undefined;
}

const leaveOut = '**/{node_modules,.git}/**';
/** Frames that are looked for, and files of one name that are considered. */
const [mostFrames, mostFiles] = [10, 50];

/** The innermost line of the workspace that the output of a reason names; looked for beside and below the Dockerfile. */
export function locate(reason: Reason, dockerfile: Uri): Promise<Place | undefined> {
  return placeBelow(Uri.joinPath(dockerfile, '..'), framesIn(reason.lines ?? []));
}

async function placeBelow(folder: Uri, frames: readonly Frame[]): Promise<Place | undefined> {
  for (const { path, line, column } of frames.slice(0, mostFrames)) {
    const pattern = new RelativePattern(folder, `**/${literal(posix.basename(path))}`);
    const found = await workspace.findFiles(pattern, leaveOut, mostFiles);
    const below = new Map(found.map((uri) => [uri.path.slice(folder.path.length + 1), uri]));
    const uri = below.get(matchPath(path, Array.from(below.keys())) ?? '');
    if (uri !== undefined)
      return { uri, line: Math.max(0, line - 1), column: column === undefined ? undefined : column - 1 };
  }
  return undefined;
}

/** The place that one line of output names, in any folder of the workspace. */
export async function findPlace(text: string): Promise<Place | undefined> {
  const frame = frameNamed(text);
  if (frame === undefined) return undefined;
  for (const { uri } of workspace.workspaceFolders ?? []) {
    const place = await placeBelow(uri, [frame]);
    if (place !== undefined) return place;
  }
  return undefined;
}

/** A name in which nothing stands for anything else. */
function literal(name: string): string {
  return name.replaceAll(/[[\]{}*?]/g, '[$&]');
}
