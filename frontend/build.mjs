// Builds frontend/dist: hashed names, a manifest, and a .br and .gz beside each file.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
// Another folder may be named, so that looking at an unfinished state does not disturb who serves this one.
const dist = path.resolve(process.argv[2] ?? path.join(here, "dist"));
const compressible = /\.(css|js|svg|json|webmanifest)$/;
// Every page takes the first; the others stand beside it on the pages that name them.
const sheets = ["app", "customers", "office", "gate"];
const targets = ["chrome123", "firefox128", "safari17.5"];

async function bundle() {
  const result = await build({
    absWorkingDir: here,
    entryPoints: [{ in: "scripts/app.js", out: "app" }, ...sheets.map((name) => ({ in: `styles/${name}.css`, out: name }))],
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    target: targets,
    charset: "utf8",
    legalComments: "none",
    outdir: dist,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file" },
    metafile: true,
    logLevel: "warning",
  });
  const manifest = {};
  const { outputs } = result.metafile;
  for (const [file, about] of Object.entries(outputs)) {
    const name = path.basename(file);
    if (about.entryPoint === "scripts/app.js") {
      manifest["app.js"] = name;
      manifest["shared.js"] = largestImport(about, outputs) ?? name;
    } else if (about.entryPoint?.startsWith("styles/")) manifest[path.basename(about.entryPoint)] = name;
    else if (name.endsWith(".woff2")) manifest[`${name.slice(0, name.lastIndexOf("-"))}.woff2`] = name;
    else if (about.entryPoint?.startsWith("scripts/")) manifest[path.basename(about.entryPoint)] = name;
  }
  return manifest;
}

// What app.js needs before it can run is fetched beside it, not after it.
function largestImport(about, outputs) {
  const needed = about.imports.filter((one) => one.kind === "import-statement").map((one) => one.path);
  needed.sort((a, b) => outputs[b].bytes - outputs[a].bytes);
  return needed.length ? path.basename(needed[0]) : undefined;
}

async function copyHashed(manifest, folder, pattern) {
  for (const name of (await readdir(path.join(here, folder))).filter((n) => pattern.test(n)).sort()) {
    await writeHashed(manifest, name, await readFile(path.join(here, folder, name)));
  }
}

async function writeHashed(manifest, name, body) {
  const digest = createHash("sha256").update(body).digest("hex").slice(0, 8).toUpperCase();
  const { name: stem, ext } = path.parse(name);
  manifest[name] = `${stem}-${digest}${ext}`;
  await writeFile(path.join(dist, manifest[name]), body);
}

// The names of its icons carry hashes too.
async function installable(manifest) {
  const about = JSON.parse(await readFile(path.join(here, "app.webmanifest")));
  for (const icon of about.icons) icon.src = `/static/${manifest[icon.src]}`;
  await writeHashed(manifest, "app.webmanifest", JSON.stringify(about));
}

async function compress() {
  const brotli = promisify(brotliCompress);
  const zip = promisify(gzip);
  for (const name of await readdir(dist)) {
    if (!compressible.test(name)) continue;
    const file = path.join(dist, name);
    const body = await readFile(file);
    await writeFile(`${file}.br`, await brotli(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
    await writeFile(`${file}.gz`, await zip(body, { level: 9 }));
  }
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
const manifest = await bundle();
await copyHashed(manifest, ".", /^icons\.svg$/);
await copyHashed(manifest, "images", /\.(svg|png)$/);
await installable(manifest);
const sorted = Object.fromEntries(Object.entries(manifest).sort(([a], [b]) => a.localeCompare(b)));
await writeFile(path.join(dist, "manifest.json"), `${JSON.stringify(sorted, null, 2)}\n`);
await compress();
