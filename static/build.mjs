// Builds static/dist: the style sheet, the scripts and the icons, each under a name that carries a hash of its content,
// beside gzip and Brotli versions, and manifest.json, which says what became of each name. Run it by `npm run build`.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');

const common = { bundle: true, minify: true, write: false, sourcemap: false, legalComments: 'none', outdir: dist, logLevel: 'warning' };

async function outputs() {
  const scripts = await build({
    ...common,
    entryPoints: ['console', 'public', 'viewer'].map(name => join(here, 'js', `${name}.js`)),
    format: 'esm',
    target: 'es2022',
    banner: { js: await notice() },
  });
  const styles = await build({ ...common, entryPoints: [join(here, 'css', 'rejoin.css')] });
  const files = [...scripts.outputFiles, ...styles.outputFiles].map(f => [basename(f.path), Buffer.from(f.contents)]);
  for (const name of ['icons.svg', 'favicon.svg']) files.push([name, await readFile(join(here, name))]);
  return files;
}

// notice names what the scripts are built from, as its licences ask; the source is on npm under that name and version.
async function notice() {
  const { dependencies } = JSON.parse(await readFile(join(here, '..', 'package.json'), 'utf8'));
  const names = await Promise.all(Object.entries(dependencies).map(async ([name, version]) => {
    const { license } = JSON.parse(await readFile(join(here, '..', 'node_modules', name, 'package.json'), 'utf8'));
    return `${name} ${version} (${license})`;
  }));
  return `/* Parts, unmodified, from npm: ${names.join(', ')} */`;
}

const files = await outputs();
await mkdir(dist, { recursive: true });
for (const old of await readdir(dist, { withFileTypes: true })) {
  if (old.isFile()) await rm(join(dist, old.name)); // dist/agent is not ours
}
const manifest = {};
for (const [name, data] of files) {
  const hash = createHash('sha256').update(data).digest('hex').slice(0, 16);
  const ext = extname(name);
  const hashed = `${basename(name, ext)}-${hash}${ext}`;
  manifest[name] = hashed;
  await writeFile(join(dist, hashed), data);
  await writeFile(join(dist, `${hashed}.gz`), gzipSync(data, { level: 9 }));
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length } };
  await writeFile(join(dist, `${hashed}.br`), brotliCompressSync(data, quality));
}
await writeFile(join(dist, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
