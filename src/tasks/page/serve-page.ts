/**
 * @file Serves the page of a model to browsers of this machine: on 127.0.0.1, whole files from memory, nothing else.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { messageOf, UserError } from '../../errors.js';
import type { PageFiles } from './build-page.js';
import { POLICY } from './page-markup.js';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.onnx': 'application/octet-stream',
};

export interface PageServer {
  readonly address: string;
  /** Ends when the server has been closed. */
  readonly closed: Promise<void>;
  close(): void;
}

/** @param port 0: any that is free. @throws UserError where the port cannot be had */
export async function servePage(files: PageFiles, { port }: { port: number }): Promise<PageServer> {
  const server = createServer(({ method, url = '/', headers }, response) => {
    // Another name would be that of a page elsewhere which has been led here (DNS rebinding).
    const local = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(headers.host ?? '');
    const name = pathOf(url);
    const content = files.get(name);
    if (method !== 'GET' && method !== 'HEAD') return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
    if (!local || !content) return void response.writeHead(local ? 404 : 403).end();
    response.writeHead(200, {
      'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
      'content-length': content.length,
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    response.end(method === 'HEAD' ? undefined : content);
  });
  await listen(server, port);
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  return {
    address: `http://localhost:${(server.address() as AddressInfo).port}/`,
    closed,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Of a request; nothing for one that is no path. */
function pathOf(url: string): string {
  try {
    const { pathname } = new URL(url, 'http://localhost');
    return pathname === '/' ? 'index.html' : decodeURIComponent(pathname.slice(1));
  } catch {
    return '';
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'another program uses it' : messageOf(error);
      reject(
        new UserError(`--port ${port}: ${reason}\n  name another port, or 0 for any that is free`, { cause: error }),
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}
