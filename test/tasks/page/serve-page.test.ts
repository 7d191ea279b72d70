/** @file The page's server: whole files, of this page, to this machine. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { servePage, type PageServer } from '../../../src/tasks/page/serve-page.js';
import { buildPage } from '../../../src/tasks/page/build-page.js';
import { writePage } from '../../../src/tasks/page/write-page.js';
import type { PageFacts } from '../../../src/page/page-facts.js';
import { scoringOptions } from '../../../src/scoring/backend/backend-options.js';
import { writeModelOfTests } from './model-of-tests.js';

describe('the page of a model', () => {
  let folder: string;
  const path = (name: string) => join(folder, name);
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-serve-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  describe('served', () => {
    let server: PageServer;
    before(async () => {
      server = await servePage(new Map([['index.html', Buffer.from('<p>here</p>')]]), { port: 0 });
    });
    after(() => server.close());

    const ask = (target: string, { method = 'GET', host = 'localhost' } = {}) =>
      new Promise<{ status?: number; headers: NodeJS.Dict<string | string[]> }>((resolve, reject) => {
        const { port } = new URL(server.address);
        request({ host: '127.0.0.1', port, path: target, method, headers: { host } }, (response) => {
          response.resume();
          resolve({ status: response.statusCode, headers: response.headers });
        })
          .on('error', reject)
          .end();
      });

    for (const [about, target, options, status] of [
      ['gives the page', '/', {}, 200],
      ['gives it by its name', '/index.html?x=1', {}, 200],
      ['has no other files', '/package.json', {}, 404],
      ['leads nowhere else', '/..%2f..%2fetc/passwd', {}, 404],
      ['bears a path that is none', '//', {}, 404],
      ['takes nothing', '/', { method: 'POST' }, 405],
      ['is of this machine only', '/', { host: 'elsewhere.example' }, 403],
    ] as const) {
      it(about, async () => assert.equal((await ask(target, options)).status, status));
    }

    it('forbids the page to load or send anything elsewhere', async () => {
      const policy = (await ask('/')).headers['content-security-policy'] as string;
      assert.match(policy, /default-src 'none'/);
      assert.match(policy, /connect-src 'self'/);
    });

    it('says that a port is taken', async () => {
      const port = Number(new URL(server.address).port);
      await assert.rejects(servePage(new Map(), { port }), /another program uses it\n {2}name another port/);
    });
  });

  describe('as a folder', () => {
    before(() => writeModelOfTests(path('model')));

    it('has all that a browser needs, and takes the place of an earlier one only', async () => {
      const written = await writePage(path('model'), path('voices'));
      const names = ['app.js', 'index.html', 'model.onnx', 'ort', 'page.json', 'recorder.js', 'style.css'];
      assert.deepEqual(readdirSync(path('voices')).sort(), names);
      assert.ok(written.bytes > 14e6); // ONNX Runtime's WebAssembly
      await writePage(path('model'), path('voices'));
      mkdirSync(path('other'));
      writeFileSync(path('other/thesis.txt'), 'years of work');
      await assert.rejects(writePage(path('model'), path('other')), /is no page of a model\n {2}name another folder/);
      writeFileSync(path('other/page.json'), '{"title":"my site"}');
      await assert.rejects(writePage(path('model'), path('other')), /other: is there, and has more than a page/);
      assert.equal(readFileSync(path('other/thesis.txt'), 'utf8'), 'years of work');
    });

    it('has no calibration where that is of PLDA, and says so', async () => {
      await writeModelOfTests(path('model'), { scoring: scoringOptions.parse({ type: 'plda' }) });
      const facts = JSON.parse(Buffer.from((await buildPage(path('model'))).get('page.json')!).toString()) as PageFacts;
      assert.equal(facts.scoring.calibration, undefined);
      assert.match(facts.scoring.without!, /calibrated for PLDA/);
    });
  });
});
