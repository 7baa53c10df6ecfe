import { patrRegistry, type ImageSource } from '../../protocol/shapes/deployment.ts';
import { optionalText, text, type Row } from './row.ts';

/** Columns of an image source. */
export interface SourceColumns {
  readonly registry: string;
  readonly repository_id: string | null;
  readonly image_name: string | null;
}

export function sourceColumns(source: ImageSource): SourceColumns {
  return 'repositoryId' in source
    ? { registry: patrRegistry, repository_id: source.repositoryId, image_name: null }
    : { registry: source.registry, repository_id: null, image_name: source.imageName };
}

export function sourceOf(row: Row): ImageSource {
  const repositoryId = optionalText(row, 'repository_id');
  return repositoryId === undefined
    ? { registry: text(row, 'registry'), imageName: text(row, 'image_name') }
    : { registry: patrRegistry, repositoryId };
}
