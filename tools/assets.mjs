// Copies what the pages use out of node_modules into the folder of static files, each with its licence:
//   node tools/assets.mjs
// package.json says which versions; the copies stay out of git and are part of the wheel.
import { copyFileSync, cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";

const assets = {
  "htmx.org": ["dist/htmx.min.js", "dist/ext/hx-sse.min.js"],
  "@alpinejs/csp": ["dist/cdn.min.js"],
  "@tabler/core": ["dist/css/tabler.min.css", "dist/js/tabler.min.js"],
  "@tabler/icons-webfont": ["dist/tabler-icons.min.css", "dist/fonts/tabler-icons.woff2"],
  echarts: ["dist/echarts.min.js"],
};
const renamed = { "cdn.min.js": "alpine-csp.min.js", "tabler-icons.woff2": "fonts/tabler-icons.woff2" };

const root = join(import.meta.dirname, "..");
const vendor = join(root, "src/qunce/console/static/vendor");
rmSync(vendor, { recursive: true, force: true });
for (const folder of ["fonts", "licenses"]) mkdirSync(join(vendor, folder), { recursive: true });

for (const [name, files] of Object.entries(assets)) {
  const source = join(root, "node_modules", name);
  for (const file of files) {
    copyFileSync(join(source, file), join(vendor, renamed[basename(file)] ?? basename(file)));
  }
  for (const file of readdirSync(source)) {
    const title = `${name.replace("@", "").replace("/", "-")}-${file}`;
    if (/^(licen[cs]e|notice)/i.test(file)) cpSync(join(source, file), join(vendor, "licenses", title), { recursive: true });
  }
}
