import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './coordinator.ts';

/** Debian's nginx with the recipe of docs/OPERATING.md, on free ports and with a certificate of its own. */
export class TlsProxy {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(port: number, coordinatorPort: number): Promise<TlsProxy> {
    const folder = mkdtempSync(join(tmpdir(), 'pathfold-tls-'));
    const [key, certificate] = [join(folder, 'privkey.pem'), join(folder, 'fullchain.pem')];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=pathfold.example'];
    const names = ['-addext', 'subjectAltName=DNS:pathfold.example', '-keyout', key, '-out', certificate];
    execFileSync('openssl', [...request, ...names], { stdio: 'pipe' });
    const recipe = readFileSync(new URL('../docs/recipes/nginx.conf', import.meta.url), 'utf8')
      .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
      .replace('http://127.0.0.1:8080', `http://127.0.0.1:${coordinatorPort}`)
      .replace('/etc/ssl/pathfold/fullchain.pem', certificate)
      .replace('/etc/ssl/pathfold/privkey.pem', key);
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (use) => `${use}_temp_path ${folder}/${use};`,
    );
    const config = join(folder, 'nginx.conf');
    writeFileSync(
      config,
      `daemon off; pid ${folder}/pid; error_log stderr;\nevents {}\nhttp { access_log off; ${paths.join(' ')}\n${recipe}\n}\n`,
    );
    const child = spawn('nginx', ['-p', folder, '-c', config], { stdio: 'inherit' });
    await until('nginx to listen', () => listens(port), 15_000);
    return new TlsProxy(child, folder);
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await new Promise((resolve) => this.child.on('close', resolve));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
