/** The built page: precompressed files, and the page itself for every path that is no file and no route of the server. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { NextFunction, Request, Response } from 'express';
import sirv from 'sirv';
import { repositoryRoot } from '../../common/config/repository.js';

/** Paths that the page never answers for. */
const serverPaths = /^\/(api|v1|ws|health|ready|metrics)(\/|$)/;
const immutablePath = /\/_app\/immutable\//;

export interface WebPage {
  serve: (request: Request, response: Response, next: NextFunction) => void;
  /** Sources for the policy's `script-src`: hashes of the page's own inline scripts. */
  scriptHashes: string[];
}

/** @returns null when the page has not been built */
export function findWebPage(folder = path.join(repositoryRoot, 'web', 'build')): WebPage | null {
  const indexPath = path.join(folder, 'index.html');
  if (!existsSync(indexPath)) return null;
  const files = sirv(folder, {
    etag: true,
    gzip: true,
    brotli: true,
    single: true,
    ignores: [serverPaths],
    setHeaders: (response, pathname) =>
      response.setHeader(
        'Cache-Control',
        // Names below it hold a hash of their content; everything else may change with the next build.
        immutablePath.test(pathname) ? 'public, max-age=31536000, immutable' : 'no-cache',
      ),
  });
  return {
    serve: (request, response, next) => {
      if (request.method !== 'GET' && request.method !== 'HEAD') next();
      else if (serverPaths.test(request.path)) next();
      else files(request, response, next);
    },
    scriptHashes: hashInlineScripts(readFileSync(indexPath, 'utf8')),
  };
}

/** SvelteKit starts the page with an inline script; its hash lets that one run and no other. */
export function hashInlineScripts(html: string): string[] {
  const scripts = html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g);
  return [...scripts].map(
    ([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
  );
}
